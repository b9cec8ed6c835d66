/* catalogue.h - the sample goods of an empty shop. */
#ifndef INVENTORY_CATALOGUE_H
#define INVENTORY_CATALOGUE_H

#include <stddef.h>

#include "inventory.h"

extern const struct product catalogue[];
extern const size_t ncatalogue;

#endif
