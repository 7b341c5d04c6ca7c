#include "bench.h"
enum nos_code bench_report(struct bench *b, const char *f, struct nos_err *err){(void)b;(void)f;return err->code;}
