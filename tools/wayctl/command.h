/* command.h - the commands, one function each; main.c has their table. */
#ifndef WAYCTL_COMMAND_H
#define WAYCTL_COMMAND_H

#include "world.h"

typedef struct err command(struct call *c);

command orders_stuck;
command saga_show, saga_retry, saga_cancel, saga_retell;
command dead_list, dead_show, dead_redrive, dead_drop;
command outbox_list, outbox_requeue;
command ledger_verify;
command stock_audit;
command log_list;

#endif
