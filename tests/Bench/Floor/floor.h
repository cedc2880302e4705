/* What one attachment changes in the kernel, part by part. */
#ifndef FLOOR_H
#define FLOOR_H

#include <stdint.h>

#include "netlink.h"

/* One pod's attachment. Names are made from its address, as plugins make them from its container. */
struct attachment {
	const char *netns;
	uint8_t address[4];
	uint8_t gateway[4]; /* the network's first; all networks are a /16 */
	char veth[16];
	char ifb[16];
};

/* The provenance that links and elements carry, as long as the plugins'. */
#define PROVENANCE "a4861f4ae9f7d238-705ab526e1b0362f, net: bench, if: eth0, id: pod1"

/* lease.c: host-local's files. */
void lease_add(const struct attachment *a, const char *directory);
void lease_del(const struct attachment *a, const char *directory);

/* links.c: host is a route socket on the host, pod one in the pod. */
void bridge_add(struct batch *host, const struct attachment *a, const char *bridge);
void ptp_add(struct batch *host, const struct attachment *a);
void bridge_pod_add(struct batch *pod, const struct attachment *a);
void ptp_pod_add(struct batch *pod, const struct attachment *a);
void bridge_up(struct batch *host, const struct attachment *a);
void ptp_up(struct batch *host, const struct attachment *a, unsigned index);
void link_del(struct batch *in, const char *name);
void loopback_set(struct batch *pod, int up);

/* limits.c: bandwidth's queueing disciplines. */
void limits_add(struct batch *host, const struct attachment *a);

/* elements.c: masquerade and host ports, in one batch of nf_tables. */
void elements_begin(struct batch *nft);
void masquerade(struct batch *nft, const struct attachment *a, int add);
void ports(struct batch *nft, const struct attachment *a, int add, unsigned first, unsigned count);
void elements_commit(struct batch *nft);

#endif
