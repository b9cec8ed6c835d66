/* catalogue.c - sample goods, some of them there to show what can go wrong. */
#include "catalogue.h"

enum { PLENTY = 100000 };

#define GOODS(sku, name, cents, pieces)                                                            \
    {                                                                                              \
        (sku), (name), "EUR", (cents), .shippable = true, .initial = (pieces)                      \
    }

const struct product catalogue[] = {
    GOODS("WB-MUG", "Enamel mug", 1290, PLENTY),
    GOODS("WB-TEE", "T-shirt, heavy cotton", 2450, PLENTY),
    GOODS("WB-BOOK", "The C Programming Language", 4999, PLENTY),
    GOODS("WB-BAG", "Canvas tote bag", 1500, PLENTY),
    GOODS("WB-BOTTLE", "Steel bottle, 750 ml", 2190, PLENTY),
    GOODS("WB-CAP", "Wool cap", 1790, PLENTY),
    GOODS("WB-HOODIE", "Hooded sweater", 5490, PLENTY),
    GOODS("WB-LAMP", "Desk lamp", 6900, PLENTY),
    GOODS("WB-NOTEBOOK", "Notebook, dotted, A5", 890, PLENTY),
    GOODS("WB-PEN", "Fountain pen", 3200, PLENTY),
    GOODS("WB-PIN", "Brass pin", 350, PLENTY),
    GOODS("WB-POSTER", "Poster, 50 x 70 cm", 1990, PLENTY),
    GOODS("WB-SOCKS", "Socks, two pairs", 1200, PLENTY),
    GOODS("WB-STICKERS", "Sheet of stickers", 290, PLENTY),
    GOODS("WB-UMBRELLA", "Umbrella", 2990, PLENTY),
 /* the last three */
    GOODS("WB-LAST", "Signed print, last copies", 9900, 3),
 /* out of stock */
    GOODS("WB-GHOST", "Lantern, sold out", 3900, 0),
 /* in stock, but no carrier takes it */
    {"WB-ANVIL", "Anvil, 80 kg", "EUR", 29900, .shippable = false, .initial = 1000},
};
const size_t ncatalogue = sizeof(catalogue) / sizeof(catalogue[0]);
