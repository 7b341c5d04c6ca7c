/* SPDX-License-Identifier: MIT */
#include "lane/login.h"

void nos_login_init(struct nos_login *l)
{
	*l = (struct nos_login){ 0 };
	pthread_mutex_init(&l->lock, NULL);
}

void nos_login_release(struct nos_login *l)
{
	nos_secret_release(&l->password);
	pthread_mutex_destroy(&l->lock);
}

bool nos_login_replace(struct nos_login *l, const struct nos_secret *password)
{
	bool same;

	pthread_mutex_lock(&l->lock);
	same = nos_secret_eq(&l->password, password);
	if (!same) {
		l->password = *password;
		atomic_fetch_add(&l->age, 1);
	}
	pthread_mutex_unlock(&l->lock);
	return !same;
}

uint64_t nos_login_age(const struct nos_login *l)
{
	return atomic_load(&l->age);
}

uint64_t nos_login_get(struct nos_login *l, struct nos_secret *ret)
{
	uint64_t age;

	pthread_mutex_lock(&l->lock);
	*ret = l->password;
	age = atomic_load(&l->age);
	pthread_mutex_unlock(&l->lock);
	return age;
}
