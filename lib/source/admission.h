/* SPDX-License-Identifier: MIT */
/*
 * What a node's answer to a registration is worth: m2, believed in nothing before its tag verifies
 * (nos-wire(7), "Registration"). Pure but for the clock that
 * dates a key. Thread-safe.
 */
#ifndef NOS_SOURCE_ADMISSION_H
#define NOS_SOURCE_ADMISSION_H

#include "crypto/ecdh.h"
#include "key/keyring.h"
#include "source/enrolment.h"
#include "source/pending.h"

#define NOS_ADMISSION_TEXT_MAX 65536 /* bytes of the node's document, and of m2 */

/*
 * m2 into the keyring of a new source, all but its URLs. node is the key that the pin names. On an
 * error *ret is to be released all the same. NOS_TAG: not this node's answer to p->m1; NOS_DENIED:
 * its, and it has another number than the enrolment says; NOS_INTERNAL: it names the source as none
 * can be named, or OpenSSL failed; NOS_CONFIG: it brings a key message of a newer nos.
 */
enum nos_code nos_admission_take(const struct nos_pending *p, const struct nos_enrolment *e,
    const struct nos_ecdh_point *node, struct nos_str m2, struct nos_keyring *ret,
    struct nos_err *err) NOS_CHECK;

#endif
