/* amqp_compat.h - rabbitmq-c's headers, which moved in 0.12 and made their old names a
 * #warning. This is the only file that knows. */
#ifndef COMMON_AMQP_COMPAT_H
#define COMMON_AMQP_COMPAT_H

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

#endif
