using System.Globalization;
using System.Text;
using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Tap;

/// <summary>The tap itself, made in the pod's namespace; under an SELinux label by a process of that label.</summary>
/// <remarks>
/// The kernel gives a tap the label of the process that makes it (selinux_tun_dev_alloc_security), and a process gets another one by executing a program
/// (/proc/thread-self/attr/exec). The program is this executable, which then makes the tap and ends.
/// </remarks>
internal static class TapDevice
{
    /// <summary>The option by which the executable is told to make a tap.</summary>
    public const string Option = "--make-tap";

    private const string ExecLabel = "/proc/thread-self/attr/exec";
    private const string None = "-";

    /// <summary>The tap as it came out; throws in upstream's words.</summary>
    public static Link Create(Netns netns, RouteSocket pod, IfName name, TapConfig config)
    {
        var spec = Spec(name.Value, config);
        return PodLink.WholeOrNot(pod, name.Value, () =>
        {
            netns.Run(() => Create(spec, config));
            return pod.RequireLink(name.Value);
        });
    }

    /// <summary>What the executable does when it is called by <see cref="Option"/>: exit status 0, or 1 and the reason on stderr.</summary>
    public static int? Run(string[] args, Stream stderr)
    {
        if (args is not [Option, var name, var owner, var group, var flags])
            return null;
        try
        {
            new TapSpec(name) { Owner = Number(owner), Group = Number(group), Flags = flags == "multi_queue" ? TapFlags.MultiQueue : TapFlags.None }.Create();
            return 0;
        }
        catch (LibcException e)
        {
            stderr.Write(Encoding.UTF8.GetBytes(e.Message));
            return 1;
        }
    }

    // As upstream's two ways of making one: ip tuntap, and its own ioctl when owner and group are both given.
    private static TapSpec Spec(string name, TapConfig config)
    {
        var isOwned = config.SelinuxContext.Length == 0 && config.Owner is not null && config.Group is not null;
        return new TapSpec(name)
        {
            Owner = config.Owner,
            Group = config.Group,
            Flags = (config.MultiQueue ? TapFlags.MultiQueue : TapFlags.None) | (isOwned ? TapFlags.VnetHeader : TapFlags.None)
                | (isOwned && !config.MultiQueue ? TapFlags.PacketInfo : TapFlags.None),
        };
    }

    private static void Create(TapSpec spec, TapConfig config)
    {
        try
        {
            if (config.SelinuxContext.Length == 0)
                spec.Create();
            else
                CreateLabelled(spec, config.SelinuxContext);
        }
        catch (LibcException e)
        {
            throw CniException.Because("failed to create tap", e, e.Errno is Errno.ENOENT or Errno.ENODEV ? "this kernel has no taps: modprobe tun" : "");
        }
    }

    private static void CreateLabelled(TapSpec spec, string label)
    {
        SetExecLabel(label);
        ChildProcess made;
        try
        {
            made = ChildProcess.Run(
                "/proc/self/exe", [Option, spec.Name, Text(spec.Owner), Text(spec.Group), spec.Flags.HasFlag(TapFlags.MultiQueue) ? "multi_queue" : None], environment: [], input: []);
        }
        finally
        {
            SetExecLabel("");
        }

        if (made.ExitCode != 0)
            throw new CniException($"failed to create tap: {Encoding.UTF8.GetString(made.Error)}", $"as {label}, whose policy must allow it");
    }

    private static void SetExecLabel(string label)
    {
        if (Sysctl.TryWriteFile(ExecLabel, label) is var errno and not Errno.None)
        {
            throw CniException.Because(
                "failed set socket label",
                new LibcException(errno, $"write {ExecLabel}"),
                "selinuxContext needs a kernel that runs SELinux, and a context that its policy knows");
        }
    }

    private static string Text(uint? id) => id is { } number ? number.ToString(CultureInfo.InvariantCulture) : None;

    private static uint? Number(string text) => text == None ? null : uint.Parse(text, CultureInfo.InvariantCulture);
}
