using CniPlugins.Net;

namespace CniPlugins.Cni.Options;

/// <summary>The <c>dns</c> of a network, of an IPAM section or of a result.</summary>
internal static class DnsOptions
{
    /// <summary>Reads it; none when it is absent.</summary>
    public static Dns Read(OptionReader holder) =>
        holder.Object("dns", "The name service's settings, which go into the result.", ReadMembers) ?? Dns.None;

    private static Dns ReadMembers(OptionReader dns)
    {
        var read = new Dns
        {
            Nameservers = dns.Texts("nameservers", "The name servers' addresses, in the order in which they are asked."),
            Domain = dns.Text("domain", "The local domain."),
            Search = dns.Texts("search", "Domains that are tried for short names, in that order."),
            Options = dns.Texts("options", "The resolver's options, as in resolv.conf."),
        };
        if (dns.IsSurvey)
            Advise(dns, read.Nameservers);
        return read with { IsSaid = dns.Has("nameservers") || dns.Has("search") || dns.Has("options") || read.Domain.Length > 0 };
    }

    private static void Advise(OptionReader dns, IReadOnlyList<string> servers)
    {
        foreach (var (i, server) in servers.Index())
        {
            if (!IpAddress.TryParse(server, out _))
                dns.Advise($"nameservers[{i}]", $"\"{server}\" is no IP address; resolvers accept nothing else");
        }
    }
}
