-- GET /notifications?order_id= of an administrator, and an operator's look at a saga, would
-- else read the whole table.
CREATE INDEX notifications_of_order ON notifications (order_id, id DESC);
