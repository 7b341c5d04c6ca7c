/* SPDX-License-Identifier: MIT */
/*
 * The namespaces of a node's state, each in one line: what it is called, and whether it goes along
 * when the node is moved (move/cargo.h), in this order. What is written elsewhere is written by
 * one of these constants, NOS_SELF_NS and so on (scripts/check-spaces).
 */
#ifndef NOS_SELF_SPACES_H
#define NOS_SELF_SPACES_H

#define NOS_SPACES_MAP(X)                                                                          \
	X(SELF, "node", MOVES) /* what the node is, its settings and numbers */                    \
	X(GLOBALS, "global", MOVES)                                                                \
	X(GROUPS, "groups", MOVES)                                                                 \
	X(GROUPS_CHAINS, "chains", MOVES) /* by a group's number */                                \
	X(GROVE_TREES, "trees", MOVES)                                                             \
	X(GROVE_LEAVES, "leaves", MOVES) /* a count a group */                                     \
	X(GROVE_FREE, "free", MOVES)	 /* <group>/<life>/<leaf>: given back */                   \
	X(LEAVING, "leaving", MOVES)                                                               \
	X(TOKEN, "tokens", MOVES)                                                                  \
	X(BEARER, "bearers", MOVES)                                                                \
	X(RECORD, "sources", MOVES)	  /* by id */                                              \
	X(REGISTRY_NAMES, "names", MOVES) /* ids by name */                                        \
	X(FORGOTTEN, "forgotten", MOVES)  /* by id: whom an operator had forgotten */              \
	X(DUE, "due", MOVES)                                                                       \
	X(COMPROMISE, "taint", MOVES)                                                              \
	X(COMPROMISE_DUE, "taint-due", MOVES)                                                      \
	X(MAPS, "maps", MOVES)                                                                     \
	X(VISIT, "roam", MOVES)                                                                    \
	X(ROAMING_GIVEN, "roam-given", MOVES)                                                      \
	X(ROAMING_TELL, "roam-tell", MOVES)                                                        \
	X(TRACK, "tracks", MOVES) /* set back on the way: nos_cargo_lift */                        \
	X(MARK, "marks", STAYS)	 /* of lanes but the first, whose mark is the node's: positions */ \
	X(LEASE, "lease", STAYS) /* who has which lane of this store */                            \
	X(LEASE_LIVE, "serve", STAYS) /* who serves it */

#define X(name, text, way) static const char NOS_##name##_NS[] = text;
NOS_SPACES_MAP(X)
#undef X

#endif
