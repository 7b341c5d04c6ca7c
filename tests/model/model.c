/* SPDX-License-Identifier: MIT */
/*
 * A source and its node through random schedules of what goes wrong in the field: messages lost,
 * doubled, delayed, answered by old answers; both sides killed at any step and restarted; keyring
 * and store put back from a backup, with and without notice; keys replaced and renewed meanwhile.
 * Afterwards, once messages arrive, both must hold the same current key within two contacts, no
 * reading that was settled may be lost or stored twice, no name, generation or number may fall, and
 * no nonce may come twice. All of nos but sockets and threads is what runs; the clock is made up.
 *
 * With --races: two of a node and nos-rekey at one source at once instead (race.h), and then again
 * over a store that does not look for revisions, where it is to be noticed.
 *
 * model [--seed N] [--schedules N | --races N] [--jobs N] [--trace]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "crypto/jose.h"
#include "race.h"
#include "schedule.h"
#include "world.h"

#define BATCH 100 /* schedules of one process, since a source that dies leaves memory behind */

struct options {
	uint64_t schedules, jobs;
};

static uint64_t number(const char *text)
{
	uint64_t n;

	if (!nos_num_parse(nos_str_of(text), 0, UINT64_MAX, &n)) {
		fprintf(stderr, "model: not a number: %s\n", text);
		exit(64);
	}
	return n;
}

struct nos_time __real_nos_time_now(void);

static void read_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = { { "seed", 1, NULL, 's' },
		{ "schedules", 1, NULL, 'n' }, { "races", 1, NULL, 'r' }, { "jobs", 1, NULL, 'j' },
		{ "trace", 0, NULL, 't' }, { 0 } };
	int c;

	world.first_seed = (uint64_t)__real_nos_time_now().ms;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 's':
			world.first_seed = number(optarg);
			break;
		case 'n':
			o->schedules = number(optarg);
			break;
		case 'r':
			o->schedules = (number(optarg) + RACES - 1) / RACES;
			world.races = true;
			break;
		case 'j':
			o->jobs = number(optarg);
			break;
		case 't':
			world.trace = true;
			break;
		default:
			exit(64);
		}
}

static _Noreturn void run_batch(uint64_t from, uint64_t to, int report)
{
	schedule_open();
	for (uint64_t n = from; n < to; n++) {
		if (world.trace)
			printf("schedule %" PRIu64 "\n", n);
		if (world.races)
			race_run(n);
		else
			schedule_run(n);
	}
	schedule_close();
	fflush(stdout);
	_exit(write(report, &world.tally, sizeof(world.tally)) == sizeof(world.tally) ? 0 : 1);
}

static void begin_batch(uint64_t from, uint64_t to, int report)
{
	pid_t pid = fork();

	if (pid < 0) {
		perror("model: fork");
		exit(1);
	}
	if (!pid)
		run_batch(from, to, report);
}

/* Wait for one, and add up. False: something was wrong in it. */
static bool end_batch(int reports, struct tally *sum)
{
	struct tally one;
	int status;

	if (wait(&status) < 0 || status || read(reports, &one, sizeof(one)) != sizeof(one))
		return false;
	sum->contacts += one.contacts;
	sum->asks += one.asks;
	sum->deaths += one.deaths;
	sum->anew += one.anew;
	sum->whole += one.whole;
	sum->changes += one.changes;
	sum->puts += one.puts;
	sum->appends += one.appends;
	return true;
}

static bool run_all(const struct options *o, struct tally *sum)
{
	uint64_t next = 0, running = 0;
	bool good = true;
	int pipes[2];

	if (pipe(pipes) < 0) {
		perror("model: pipe");
		return false;
	}
	while (running || (good && next < o->schedules)) {
		if (good && next < o->schedules && running < o->jobs) {
			uint64_t to = next + BATCH < o->schedules ? next + BATCH : o->schedules;

			begin_batch(next, to, pipes[1]);
			running++;
			next = to;
			continue;
		}
		good &= end_batch(pipes[0], sum);
		running--;
	}
	return good;
}

/* Where the defence is off it is to show. */
static bool run_blind(const struct options *o)
{
	struct tally sum = { 0 };
	bool good;

	world.blind = true;
	good = !run_all(o, &sum);
	printf("%s: races over a store that does not look for revisions\n",
	    good ? "ok: noticed" : "not ok: not noticed");
	return good;
}

static int race(const struct options *o)
{
	struct tally sum = { 0 };
	bool good;

	printf("# seed %" PRIu64 ", %" PRIu64 " races\n", world.first_seed, o->schedules * RACES);
	fflush(stdout);
	good = run_all(o, &sum);
	printf("%s: %" PRIu64 " of %" PRIu64 " races have one result: %" PRIu64 " changes; %" PRIu64
	       " puts and %" PRIu64 " appends came second\n",
	    good ? "ok" : "not ok", sum.whole * RACES, o->schedules * RACES, sum.changes, sum.puts,
	    sum.appends);
	fflush(stdout);
	return good && run_blind(o) ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct options o = { .schedules = 1000, .jobs = 2 };
	struct tally sum = { 0 };
	bool good;

	read_options(argc, argv, &o);
	nos_jose_start();
	if (world.races)
		return race(&o);
	printf("# seed %" PRIu64 ", %" PRIu64 " schedules\n", world.first_seed, o.schedules);
	fflush(stdout);
	good = run_all(&o, &sum);
	printf("%s: %" PRIu64 " of %" PRIu64 " schedules whole: %" PRIu64 " contacts, %" PRIu64
	       " asks, %" PRIu64 " deaths, %" PRIu64 " enrolled again\n",
	    good ? "ok" : "not ok", sum.whole, o.schedules, sum.contacts, sum.asks, sum.deaths,
	    sum.anew);
	return good ? 0 : 1;
}
