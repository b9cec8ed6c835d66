/* wire.c - notifications as JSON. */
#include "wire.h"

void wire_notification(struct json_out *j, const char *key, const struct notification *n)
{
    json_out_open(j, key, '{');
    json_out_str(j, "id", n->id);
    json_out_str(j, "order_id", n->order_id);
    json_out_str(j, "kind", n->kind);
    json_out_str(j, "subject", n->subject);
    json_out_str(j, "body", n->body);
    json_out_str(j, "state", notification_state_name(n->state));
    json_out_str(j, "created_at", n->created_at);
    json_out_str(j, "sent_at", n->sent_at);
    json_out_close(j, '}');
}

void wire_totals(struct json_out *j, const struct notification_totals *t)
{
    json_out_open(j, NULL, '{');
    json_out_str(j, "kind", t->kind);
    json_out_str(j, "state", t->state);
    json_out_int(j, "notifications", t->notifications);
    json_out_close(j, '}');
}
