-- roles.sql - a database and a least-privilege role for each service. Run by the
-- superuser with psql; safe to run again. SECRETS names the folder of the passwords.
--
-- A role owns its schema, so that the service can migrate it, but not its database;
-- nobody else may even connect. What a query may take is limited here, on the server:
-- no bug in a service can hold a lock or a connection for ever.

\set ON_ERROR_STOP on
\set QUIET on
set client_min_messages = warning;

\set user_password         `cat "$SECRETS/user-postgres"`
\set order_password        `cat "$SECRETS/order-postgres"`
\set inventory_password    `cat "$SECRETS/inventory-postgres"`
\set payment_password      `cat "$SECRETS/payment-postgres"`
\set notification_password `cat "$SECRETS/notification-postgres"`

create temporary table service (name, password) as values
    ('waybill_user',         :'user_password'),
    ('waybill_order',        :'order_password'),
    ('waybill_inventory',    :'inventory_password'),
    ('waybill_payment',      :'payment_password'),
    ('waybill_notification', :'notification_password');

create temporary table limits (setting, value) as values
    ('statement_timeout',                   '10s'),
    ('lock_timeout',                        '5s'),
    ('idle_in_transaction_session_timeout', '15s');

select format('create role %I login', name) from service
 where not exists (select from pg_roles where rolname = name) \gexec
select format('alter role %I nosuperuser nocreatedb nocreaterole noreplication password %L',
              name, password) from service \gexec
select format('alter role %I set %s = %L', name, setting, value) from service, limits \gexec

select format('create database %I', name) from service
 where not exists (select from pg_database where datname = name) \gexec
select format('revoke all on database %I from public', datname) from pg_database \gexec
select format('grant connect on database %I to %I', name, name) from service \gexec

-- The schemas, from inside each database.
\connect waybill_user
alter schema public owner to waybill_user;
\connect waybill_order
alter schema public owner to waybill_order;
\connect waybill_inventory
alter schema public owner to waybill_inventory;
\connect waybill_payment
alter schema public owner to waybill_payment;
\connect waybill_notification
alter schema public owner to waybill_notification;

-- Statistics of every statement, for the superuser: select * from pg_stat_statements.
\connect postgres
set client_min_messages = warning;
create extension if not exists pg_stat_statements;
