/*
 * floor ADD|DEL NETNS ADDRESS PART...: the changes of one attachment, and nothing else: no JSON, no questions but the indices of interfaces, one process for
 * a whole chain. What plugins share (bridge, table) has to be there. Parts: lease:DIRECTORY bridge:NAME ptp masq ports:FIRST:COUNT limits loopback.
 */
#define _GNU_SOURCE
#include "floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct batch host, pod, nft;
static int argument_count;
static char **arguments;

/* What stands after a part's name, or null when the part was not asked for. */
static const char *part(const char *name)
{
	size_t length = strlen(name);

	for (int i = 0; i < argument_count; i++)
		if (!strncmp(arguments[i], name, length) && (arguments[i][length] == ':' || !arguments[i][length]))
			return arguments[i] + length + (arguments[i][length] == ':');
	return NULL;
}

static void elements(const struct attachment *a, int add)
{
	const char *range = part("ports");
	unsigned first, count;

	if (!range && !part("masq"))
		return;
	netlink_open(&nft, NETLINK_NETFILTER);
	elements_begin(&nft);
	if (part("masq"))
		masquerade(&nft, a, add);
	if (range && sscanf(range, "%u:%u", &first, &count) == 2)
		ports(&nft, a, add, first, count);
	elements_commit(&nft);
}

/* The host's work is done by then, or its sockets are open: there is no way back, nor a need for one. */
static void enter(const struct attachment *a)
{
	int netns = open(a->netns, O_RDONLY | O_CLOEXEC);

	if (netns < 0 || setns(netns, CLONE_NEWNET) < 0)
		die(a->netns);
	netlink_open(&pod, NETLINK_ROUTE);
}

static void add(const struct attachment *a)
{
	unsigned index;

	if (part("lease"))
		lease_add(a, part("lease"));
	if (part("bridge"))
		bridge_add(&host, a, part("bridge"));
	if (part("ptp"))
		ptp_add(&host, a);
	if (part("limits"))
		limits_add(&host, a);
	elements(a, 1);
	if (!part("bridge") && !part("ptp") && !part("loopback"))
		return;
	index = if_nametoindex(a->veth);
	enter(a);
	if (part("bridge"))
		bridge_pod_add(&pod, a);
	if (part("ptp"))
		ptp_pod_add(&pod, a);
	if (part("bridge"))
		bridge_up(&host, a);
	if (part("ptp"))
		ptp_up(&host, a, index);
	if (part("loopback"))
		loopback_set(&pod, 1);
}

static void del(const struct attachment *a)
{
	if (part("limits"))
		link_del(&host, a->ifb);
	elements(a, 0);
	if (part("bridge") || part("ptp") || part("loopback")) {
		enter(a);
		if (part("loopback"))
			loopback_set(&pod, 0);
		else
			link_del(&pod, "eth0");
	}
	if (part("lease"))
		lease_del(a, part("lease"));
}

int main(int argc, char **argv)
{
	struct attachment a = { 0 };

	if (argc < 4 || inet_pton(AF_INET, argv[3], a.address) != 1) {
		fprintf(stderr, "floor ADD|DEL NETNS ADDRESS PART...\n");
		return 2;
	}
	a.netns = argv[2];
	memcpy(a.gateway, (uint8_t[]){ a.address[0], a.address[1], 0, 1 }, 4);
	snprintf(a.veth, sizeof(a.veth), "veth%02x%02x%02x%02x", a.address[0], a.address[1], a.address[2], a.address[3]);
	snprintf(a.ifb, sizeof(a.ifb), "bwp%02x%02x%02x%02x", a.address[0], a.address[1], a.address[2], a.address[3]);
	argument_count = argc - 4;
	arguments = argv + 4;
	if (part("bridge") || part("ptp") || part("limits"))
		netlink_open(&host, NETLINK_ROUTE);
	if (!strcmp(argv[1], "ADD"))
		add(&a);
	else
		del(&a);
	return 0;
}
