using CniPlugins.Linux;

namespace CniPlugins.Bench;

/// <summary>A network namespace that is the host for one contender, so that nobody's rules, bridges or ports are in another's way; and pods that stay on it.</summary>
internal sealed class Host : IDisposable
{
    /// <summary>Lower numbers are those of the pods that come and go, with all contenders.</summary>
    public const int FirstPod = 100;

    /// <summary>A link of the host's own that one pod at a time may have.</summary>
    public const string Device = "device0";

    private readonly string _name;
    private int _next = FirstPod;

    public Host(string name)
    {
        _name = name;
        Shell.Run($"ip netns add {name} && ip -n {name} link set lo up && ip -n {name} link add {Device} type veth peer name device1");
        Netns = Netns.Open($"/run/netns/{name}");
    }

    public Netns Netns { get; }

    /// <summary>So many pods more.</summary>
    public IReadOnlyList<Pod> AddPods(int count)
    {
        _next += count;
        return Pod.Make($"{_name}-pod", _next - count, count);
    }

    /// <summary>Takes the pods with it: they are of no use without it.</summary>
    public void Dispose()
    {
        Netns.Dispose();
        Shell.Run($"ip netns del {_name}; for i in $(seq {FirstPod} {_next - 1}); do ip netns del {_name}-pod$i; done");
    }
}
