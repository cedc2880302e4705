#include "floor.h"

#include <arpa/inet.h>
#include <string.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

static void header(struct batch *nft, uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
	struct nfgenmsg head = { .nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(resource) };

	message(nft, type, flags, &head, sizeof(head));
}

static void datum(struct batch *nft, uint16_t type, const void *bytes, size_t size)
{
	size_t data = nest(nft, type);

	attribute(nft, NFTA_DATA_VALUE, bytes, size);
	nest_end(nft, data);
}

/* nft create (or delete) element inet cni_plugins SET { KEY comment "…" [: VALUE] } */
static void element(struct batch *nft, int add, const char *set, const void *key, size_t key_size, const void *value, size_t value_size)
{
	static const struct { uint8_t type, length; char text[sizeof(PROVENANCE)]; } comment = { 0, sizeof(PROVENANCE), PROVENANCE };
	size_t list, one;

	header(nft, NFNL_SUBSYS_NFTABLES << 8 | (add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM), add ? NLM_F_CREATE | NLM_F_EXCL : 0, NFPROTO_INET, 0);
	attribute_text(nft, NFTA_SET_ELEM_LIST_TABLE, "cni_plugins");
	attribute_text(nft, NFTA_SET_ELEM_LIST_SET, set);
	list = nest(nft, NFTA_SET_ELEM_LIST_ELEMENTS);
	one = nest(nft, NFTA_LIST_ELEM);
	datum(nft, NFTA_SET_ELEM_KEY, key, key_size);
	if (value_size)
		datum(nft, NFTA_SET_ELEM_DATA, value, value_size);
	if (add)
		attribute(nft, NFTA_SET_ELEM_USERDATA, &comment, sizeof(comment));
	nest_end(nft, one);
	nest_end(nft, list);
}

void elements_begin(struct batch *nft)
{
	header(nft, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
}

void elements_commit(struct batch *nft)
{
	await_this(nft);
	header(nft, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	netlink_send(nft);
}

void masquerade(struct batch *nft, const struct attachment *a, int add)
{
	uint8_t own[8] = { a->address[0], a->address[1], a->address[2], a->address[3], a->address[0], a->address[1] };

	element(nft, add, "masq4", a->address, 4, NULL, 0);
	element(nft, add, "own4_16", own, sizeof(own), NULL, 0);
}

/* Every part of a key takes four bytes. */
void ports(struct batch *nft, const struct attachment *a, int add, unsigned first, unsigned count)
{
	static const uint16_t inside[] = { 80, 53 };

	for (unsigned i = 0; i < count; i++) {
		unsigned port = first + i, to = inside[i % 2];
		uint8_t any[8] = { IPPROTO_TCP, 0, 0, 0, port >> 8, port };
		uint8_t pod[8] = { a->address[0], a->address[1], a->address[2], a->address[3], to >> 8, to };
		uint8_t network[12] = { a->address[0], a->address[1] }, local[12] = { 127 };

		memcpy(network + 4, any, sizeof(any));
		memcpy(local + 4, any, sizeof(any));
		element(nft, add, "port4_any", any, sizeof(any), pod, sizeof(pod));
		element(nft, add, "hairpin4_any_16", network, sizeof(network), NULL, 0);
		element(nft, add, "hairpin4_any_8", local, sizeof(local), NULL, 0);
	}
}
