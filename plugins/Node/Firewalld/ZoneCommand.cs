using System.Diagnostics.CodeAnalysis;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Node.Firewalld;

/// <summary><c>cni-node firewalld</c>: what the firewall plugin has firewalld asked, for it does not speak D-Bus itself.</summary>
internal static class ZoneCommand
{
    public const string Usage = "cni-node firewalld running | (add | remove | missing) ZONE SOURCE...";

    private const int Away = 3;

    /// <summary>Prints the sources that it was about, a line for each; a failure is an error document and exit status 1.</summary>
    /// <remarks>
    /// running: exit status 0, or 3 when firewalld is away. add: the sources that were not there before; none is left of an add that fails.
    /// remove: those that were there. missing: those that are not.
    /// </remarks>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it was, the caller reads an error document.")]
    public static int Run(string[] order)
    {
        using var stdout = DescriptorStream.StandardOutput();
        try
        {
            if (order is ["running"])
                return IsRunning() ? 0 : Away;
            if (order is not [var verb, var zone, .. var sources] || verb is not ("add" or "remove" or "missing"))
                throw new CniException(CniErrorCode.InvalidEnvironment, $"usage: {Usage}");
            if (verb == "remove" && !IsRunning())
                return 0; // what it forgot when it ended need not be removed
            using var bus = FirewalldBus.Open();
            var about = verb switch
            {
                "add" => Add(bus, zone, sources),
                "remove" => sources.Where(source => bus.Remove(zone, source)),
                _ => sources.Where(source => !bus.Has(zone, source)),
            };
            stdout.Write(Encoding.UTF8.GetBytes(string.Concat(about.Select(source => $"{source}\n"))));
            return 0;
        }
        catch (Exception e)
        {
            stdout.Write(PluginHost.ErrorDocument(CniException.From(e)));
            return 1;
        }
    }

    /// <summary>A bus that cannot be reached is one without firewalld.</summary>
    private static bool IsRunning()
    {
        try
        {
            FirewalldBus.Open().Dispose();
            return true;
        }
        catch (FirewalldAwayException)
        {
            return false;
        }
    }

    private static List<string> Add(FirewalldBus bus, string zone, IEnumerable<string> sources)
    {
        var added = new List<string>();
        try
        {
            foreach (var source in sources)
            {
                if (bus.Add(zone, source))
                    added.Add(source);
            }

            return added;
        }
        catch
        {
            foreach (var source in added)
                bus.Remove(zone, source);
            throw;
        }
    }
}
