/* judge.h - is the answer one that contracts/openapi.json allows to this request? */
#ifndef LIVE_JUDGE_H
#define LIVE_JUDGE_H

#include "draft.h"

/* NULL: it is. Otherwise what is wrong with it, in a static buffer. */
const char *judge(const struct draft *d, const struct reply *r);

#endif
