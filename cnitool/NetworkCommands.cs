using System.CommandLine;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool;

/// <summary>The five verbs of upstream's cnitool.</summary>
internal sealed class NetworkCommands(ToolSettings settings, TextWriter output, TextWriter error)
{
    private readonly Argument<string> _network = new("network") { Description = "name of a network in NETCONFPATH" };
    private readonly Argument<string> _netns = new("netns") { Description = "path of the container's network namespace" };
    private readonly Argument<string?> _unusedNetns = UnusedNetns.Create();
    private readonly Option<string?> _ifName = new("--ifname", "-i") { Description = "interface name in the container (default: CNI_IFNAME, else eth0)", HelpName = "NAME" };
    /// <summary>The same in front of the verb, where upstream's cnitool has its options.</summary>
    public Option<string?> IfNameBeforeVerb { get; } = new("--ifname", "-i") { Description = "the same as after add, check or del", HelpName = "NAME" };

    private readonly Option<string> _cacheDirectory = new("--cache-dir") { Hidden = true, DefaultValueFactory = _ => ResultCache.DefaultDirectory };
    public Command Add() => ForAttachment(
        "add",
        """
        Connects a namespace to a network and prints the result; on failure the plugins are told to take back what they did.

        Example:
          CNI_PATH=/opt/cni/bin cnitool add podman /run/netns/blue --ifname net1
        """,
        AddOrCleanUp);

    public Command Check() => ForAttachment(
        "check",
        """
        Asks every plugin whether an attachment is still as it was made.

        Example:
          CNI_PATH=/opt/cni/bin cnitool check podman /run/netns/blue
        """,
        (runtime, list, attachment) =>
        {
            runtime.Check(list, attachment);
            return 0;
        });

    public Command Del() => ForAttachment(
        "del",
        """
        Disconnects a namespace from a network; also when the namespace is gone.

        Example:
          CNI_PATH=/opt/cni/bin cnitool del podman /run/netns/blue
        """,
        (runtime, list, attachment) =>
        {
            runtime.Del(list, attachment);
            return 0;
        });

    public Command Status() => ForNetwork(
        "status",
        """
        Asks every plugin of a network whether it is ready for ADD; silent when it is.

        Example:
          CNI_PATH=/opt/cni/bin cnitool status podman
        """,
        (runtime, list, _) =>
        {
            RequirePlugins(list);
            runtime.Status(list);
            if (list.Version < CniVersion.V110)
                error.WriteLine($"cnitool: {list.Name} is of version {list.VersionText}: STATUS came with 1.1.0, so no plugin was asked; cnitool doctor {list.Name} asks those that know it");
        });

    /// <summary>Throws libcni's error for a plugin that is not there, also where the version has nothing to ask it.</summary>
    private void RequirePlugins(NetworkList list)
    {
        foreach (var plugin in list.Plugins)
            _ = settings.Plugins.Find(plugin.Type);
    }

    private Command ForAttachment(string name, string description, Func<NetworkRuntime, NetworkList, RuntimeAttachment, int> verb)
    {
        var command = new Command(name, description) { _network, _netns, _ifName, _cacheDirectory };
        command.SetAction(parsed =>
        {
            var attachment = settings.Attachment(parsed.GetValue(_netns)!, parsed.GetValue(_ifName) ?? parsed.GetValue(IfNameBeforeVerb));
            return verb(Runtime(parsed), List(parsed), attachment);
        });
        return command;
    }

    private Command ForNetwork(string name, string description, Action<NetworkRuntime, NetworkList, ParseResult> verb)
    {
        var command = new Command(name, description) { _network, _unusedNetns, _ifName, _cacheDirectory };
        command.SetAction(parsed =>
        {
            verb(Runtime(parsed), List(parsed), parsed);
            return 0;
        });
        return command;
    }

    /// <summary>
    /// A person has no runtime that follows a failed ADD with a DEL, so cnitool does it, also when the result cannot be printed; but not when the interface
    /// was there before, for then DEL would take away what somebody else made. What failed is said first.
    /// </summary>
    private int AddOrCleanUp(NetworkRuntime runtime, NetworkList list, RuntimeAttachment attachment)
    {
        var existed = PodInterface.Exists(attachment.Netns, attachment.IfName);
        try
        {
            output.Write(Encoding.UTF8.GetString(runtime.Add(list, attachment).ToBytes()));
            output.Flush();
            return 0;
        }
        catch (Exception e) when (e is CniException or IOException or LibcException)
        {
            error.WriteLine($"cnitool: {(e is CniException failure ? ErrorText.Of(failure) : e.Message)}");
            if (existed)
                error.WriteLine($"cnitool: {attachment.IfName} was there before add, so nothing is taken back");
            else
                CleanUp(runtime, list, attachment);
            return 1;
        }
    }

    private void CleanUp(NetworkRuntime runtime, NetworkList list, RuntimeAttachment attachment)
    {
        try
        {
            runtime.Del(list, attachment);
            error.WriteLine("cnitool: add failed, so del was run to take back what it left");
        }
        catch (Exception e) when (e is CniException or LibcException)
        {
            error.WriteLine($"cnitool: add failed, and so did the del that should take back what it left: {ErrorText.Of(CniException.From(e))}");
        }
    }

    private NetworkRuntime Runtime(ParseResult parsed) => new(settings.Plugins, new ResultCache(parsed.GetValue(_cacheDirectory)!));

    private NetworkList List(ParseResult parsed) => settings.Network(parsed.GetValue(_network)!, error);
}
