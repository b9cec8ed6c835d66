/* saga.h - saga.lua, built in by make. */
#ifndef ORDER_SAGA_H
#define ORDER_SAGA_H

extern const char saga_script[];

#endif
