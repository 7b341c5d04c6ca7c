/* SPDX-License-Identifier: MIT */
#ifndef NOS_BASE_VERSION_H
#define NOS_BASE_VERSION_H

#define NOS_VERSION "0.1.0"

#endif
