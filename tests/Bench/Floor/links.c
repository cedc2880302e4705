#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

/* An interface's IPv6 settings, in the namespace that the program is in now. */
static int settings_open(const char *interface)
{
	char path[128];
	int settings;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s", interface);
	settings = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (settings < 0)
		die(path);
	return settings;
}

static void setting_write(int settings, const char *name, const char *value)
{
	int fd = openat(settings, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die(name);
	close(fd);
}

/* sysctl -w net.ipv4.conf.INTERFACE.SETTING=VALUE, in a message about the interface */
static void setting(struct batch *in, uint16_t setting, uint32_t value)
{
	size_t families = nest(in, IFLA_AF_SPEC), inet = nest(in, AF_INET), conf = nest(in, IFLA_INET_CONF);

	attribute_number(in, setting, value);
	nest_end(in, conf);
	nest_end(in, inet);
	nest_end(in, families);
}

static void one_queue(struct batch *in)
{
	attribute_number(in, IFLA_NUM_TX_QUEUES, 1);
	attribute_number(in, IFLA_NUM_RX_QUEUES, 1);
}

/* ip link add VETH [master BRIDGE] type veth peer name eth0 netns POD */
static void veth_add(struct batch *host, const struct attachment *a, unsigned master)
{
	struct ifinfomsg head = { 0 };
	int netns = open(a->netns, O_RDONLY | O_CLOEXEC), settings;
	size_t info, data, other;

	if (netns < 0)
		die(a->netns);
	message(host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	attribute_text(host, IFLA_IFNAME, a->veth);
	attribute_number(host, IFLA_TXQLEN, 0);
	one_queue(host);
	if (master)
		attribute_number(host, IFLA_MASTER, master);
	info = nest(host, IFLA_LINKINFO);
	attribute_text(host, IFLA_INFO_KIND, "veth");
	data = nest(host, IFLA_INFO_DATA);
	other = host->length;
	attribute(host, VETH_INFO_PEER | NLA_F_NESTED, &head, sizeof(head)); /* the attributes follow its header */
	attribute_text(host, IFLA_IFNAME, "eth0");
	one_queue(host);
	attribute_number(host, IFLA_NET_NS_FD, netns);
	nest_end(host, other);
	nest_end(host, data);
	nest_end(host, info);
	await_this(host);
	netlink_send(host);
	close(netns);
	settings = settings_open(a->veth);
	setting_write(settings, "accept_ra", "0");
	setting_write(settings, "accept_redirects", "0");
	close(settings);
}

/* The last message about the host's end while it is down. */
static void describe(struct batch *host, const struct attachment *a)
{
	struct ifinfomsg head = { 0 };

	message(host, RTM_NEWLINK, 0, &head, sizeof(head));
	attribute_text(host, IFLA_IFNAME, a->veth);
	attribute_text(host, IFLA_IFALIAS, PROVENANCE);
	setting(host, IPV4_DEVCONF_ACCEPT_REDIRECTS, 0);
}

static void up(struct batch *in, const char *name)
{
	struct ifinfomsg head = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	message(in, RTM_NEWLINK, 0, &head, sizeof(head));
	attribute_text(in, IFLA_IFNAME, name);
}

void bridge_add(struct batch *host, const struct attachment *a, const char *bridge)
{
	unsigned master = if_nametoindex(bridge);
	size_t info, data;

	if (!master)
		die(bridge);
	veth_add(host, a, master);
	describe(host, a);
	info = nest(host, IFLA_LINKINFO);
	attribute_text(host, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nest(host, IFLA_INFO_SLAVE_DATA);
	attribute(host, IFLA_BRPORT_MODE, "", 1);
	attribute(host, IFLA_BRPORT_ISOLATED, "", 1);
	nest_end(host, data);
	nest_end(host, info);
	await_this(host);
	netlink_send(host);
}

static void address(struct batch *in, unsigned index, const uint8_t *ip, uint8_t prefix, uint32_t flags)
{
	struct ifaddrmsg head = { .ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = index };
	uint8_t broadcast[4] = { ip[0], ip[1], 255, 255 };

	message(in, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	attribute(in, IFA_LOCAL, ip, 4);
	attribute(in, IFA_ADDRESS, ip, 4);
	if (prefix < 32)
		attribute(in, IFA_BROADCAST, broadcast, 4);
	if (flags)
		attribute_number(in, IFA_FLAGS, flags);
}

/* ip route add TO/PREFIX scope SCOPE dev INDEX [via VIA] [src SOURCE]; the prefix is 16 or 32 */
static void route(struct batch *in, unsigned index, uint8_t scope, const uint8_t *to, uint8_t prefix, const uint8_t *via, const uint8_t *source)
{
	struct rtmsg head = {
		.rtm_family = AF_INET, .rtm_dst_len = prefix, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT, .rtm_scope = scope, .rtm_type = RTN_UNICAST,
	};
	uint8_t network[4] = { to[0], to[1], prefix == 32 ? to[2] : 0, prefix == 32 ? to[3] : 0 };

	message(in, RTM_NEWROUTE, NLM_F_CREATE, &head, sizeof(head));
	attribute(in, RTA_DST, network, 4);
	attribute_number(in, RTA_OIF, index);
	if (via)
		attribute(in, RTA_GATEWAY, via, 4);
	if (source)
		attribute(in, RTA_PREFSRC, source, 4);
}

void bridge_pod_add(struct batch *pod, const struct attachment *a)
{
	struct ifinfomsg head = { 0 };
	int settings = settings_open("eth0");

	setting_write(settings, "accept_dad", "0");
	close(settings);
	message(pod, RTM_NEWLINK, 0, &head, sizeof(head));
	attribute_text(pod, IFLA_IFNAME, "eth0");
	setting(pod, IPV4_DEVCONF_ARP_NOTIFY, 1);
	address(pod, if_nametoindex("eth0"), a->address, 16, 0);
	up(pod, "eth0");
	await_this(pod);
	netlink_send(pod);
}

void ptp_pod_add(struct batch *pod, const struct attachment *a)
{
	unsigned index = if_nametoindex("eth0");

	address(pod, index, a->address, 16, IFA_F_NOPREFIXROUTE);
	up(pod, "eth0");
	route(pod, index, RT_SCOPE_LINK, a->gateway, 32, NULL, a->address);
	route(pod, index, RT_SCOPE_UNIVERSE, a->gateway, 16, a->gateway, a->address);
	await_this(pod);
	netlink_send(pod);
}

void ptp_add(struct batch *host, const struct attachment *a)
{
	veth_add(host, a, 0);
	describe(host, a);
	await_this(host);
	netlink_send(host);
}

void bridge_up(struct batch *host, const struct attachment *a)
{
	up(host, a->veth);
	await_this(host);
	netlink_send(host);
}

void ptp_up(struct batch *host, const struct attachment *a, unsigned index)
{
	address(host, index, a->gateway, 32, 0);
	up(host, a->veth);
	route(host, index, RT_SCOPE_HOST, a->address, 32, NULL, NULL);
	await_this(host);
	netlink_send(host);
}

void link_del(struct batch *in, const char *name)
{
	struct ifinfomsg head = { 0 };

	message(in, RTM_DELLINK, 0, &head, sizeof(head));
	attribute_text(in, IFLA_IFNAME, name);
	await_this(in);
	netlink_send(in);
}

void loopback_set(struct batch *pod, int up)
{
	struct ifinfomsg head = { .ifi_index = 1, .ifi_flags = up ? IFF_UP : 0, .ifi_change = IFF_UP };

	message(pod, RTM_NEWLINK, 0, &head, sizeof(head));
	await_this(pod);
	netlink_send(pod);
}
