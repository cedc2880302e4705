#include "floor.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>

static void qdisc(struct batch *host, unsigned index, uint32_t handle, uint32_t parent, const char *kind)
{
	struct tcmsg head = { .tcm_ifindex = index, .tcm_handle = handle, .tcm_parent = parent };

	message(host, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	attribute_text(host, TCA_KIND, kind);
}

/* tc qdisc add dev X root handle 1: tbf rate 10mbit burst 125000 latency 25ms */
static void bucket(struct batch *host, unsigned index)
{
	const uint32_t rate = 10000000 / 8, burst = 1000000 / 8, ticks_per_second = 1000000000 / 64;
	struct tc_tbf_qopt tbf = { .rate.rate = rate, .limit = rate / 40 + burst, .buffer = (uint64_t)burst * ticks_per_second / rate };
	size_t options;

	qdisc(host, index, 1 << 16, TC_H_ROOT, "tbf");
	options = nest(host, TCA_OPTIONS);
	attribute(host, TCA_TBF_PARMS, &tbf, sizeof(tbf));
	nest_end(host, options);
}

static void redirect(struct batch *host, uint16_t order, int verdict, unsigned to)
{
	struct tc_mirred mirred = { .action = verdict, .eaction = TCA_EGRESS_REDIR, .ifindex = to };
	size_t action = nest(host, order), options;

	attribute_text(host, TCA_ACT_KIND, "mirred");
	options = nest(host, TCA_ACT_OPTIONS);
	attribute(host, TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
	nest_end(host, options);
	nest_end(host, action);
}

/* tc filter add dev VETH parent ffff: protocol all prio 1 u32 match u32 0 0 classid 1:1 action mirred egress redirect dev IFB (twice, as upstream's) */
static void filter(struct batch *host, unsigned from, unsigned to)
{
	struct tcmsg head = { .tcm_ifindex = from, .tcm_parent = 0xffff0000, .tcm_info = 1 << 16 | htons(ETH_P_ALL) };
	struct {
		struct tc_u32_sel selector;
		struct tc_u32_key key;
	} all = { .selector = { .flags = TC_U32_TERMINAL, .nkeys = 1 } };
	size_t options, actions;

	message(host, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	attribute_text(host, TCA_KIND, "u32");
	options = nest(host, TCA_OPTIONS);
	attribute(host, TCA_U32_SEL, &all, sizeof(all));
	attribute_number(host, TCA_U32_CLASSID, 1 << 16 | 1);
	actions = nest(host, TCA_U32_ACT);
	redirect(host, 1, TC_ACT_STOLEN, to);
	redirect(host, 2, TC_ACT_OK, to);
	nest_end(host, actions);
	nest_end(host, options);
}

static void ifb_add(struct batch *host, const char *name)
{
	struct ifinfomsg head = { 0 };
	size_t info;

	message(host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	attribute_text(host, IFLA_IFNAME, name);
	attribute_number(host, IFLA_MTU, 1500);
	attribute_number(host, IFLA_TXQLEN, 0);
	info = nest(host, IFLA_LINKINFO);
	attribute_text(host, IFLA_INFO_KIND, "ifb");
	nest_end(host, info);
	message(host, RTM_NEWLINK, 0, &head, sizeof(head));
	attribute_text(host, IFLA_IFNAME, name);
	attribute_text(host, IFLA_IFALIAS, PROVENANCE);
	await_this(host);
	netlink_send(host);
}

void limits_add(struct batch *host, const struct attachment *a)
{
	struct ifinfomsg up = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	unsigned ifb, veth = if_nametoindex(a->veth);

	ifb_add(host, a->ifb);
	up.ifi_index = ifb = if_nametoindex(a->ifb);
	bucket(host, ifb);
	message(host, RTM_NEWLINK, 0, &up, sizeof(up));
	qdisc(host, veth, 0xffff0000, TC_H_INGRESS, "ingress");
	filter(host, veth, ifb);
	bucket(host, veth);
	await_this(host);
	netlink_send(host);
}
