using System.Text;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>resolv.conf(5) as upstream reads it: domain, search and options as far as a result can say them.</summary>
internal static class ResolvConf
{
    public static Dns Read(string path) =>
        Parse(Encoding.UTF8.GetString(DiskFile.Read(path) ?? throw new LibcException(Errno.ENOENT, $"open {path}")));

    public static Dns Parse(string text)
    {
        var (nameservers, search, options) = (new List<string>(), new List<string>(), new List<string>());
        var domain = "";
        foreach (var line in text.Split('\n'))
        {
            if (line.Trim() is not { Length: > 0 } setting || setting[0] is '#' or ';'
                || setting.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is not [var keyword, .. { Length: > 0 } values])
                continue;
            switch (keyword)
            {
                case "nameserver":
                    nameservers.Add(values[0]);
                    break;
                case "domain":
                    domain = values[0];
                    break;
                case "search":
                    search.AddRange(values);
                    break;
                case "options":
                    options.AddRange(values);
                    break;
            }
        }

        return new Dns { Nameservers = nameservers, Domain = domain, Search = search, Options = options };
    }
}
