namespace CniPlugins.Bench;

/// <summary>Who attaches pods: a directory of plugins, or the floor. Each has a host and files of its own.</summary>
internal abstract class Contender(string name) : IDisposable
{
    private int _hosts;

    public string Name => name;

    public Host Host { get; private set; } = new(name);

    /// <summary>Where host-local keeps its files.</summary>
    public string DataDirectory { get; } = System.IO.Directory.CreateDirectory($"/run/bench/{name}").FullName;

    /// <summary>What it has not got for this chain, or null.</summary>
    public abstract string? Lacks(Chain chain);

    /// <summary>
    /// One verb of a chain, program by program, each run by the given function, which returns its output; the result of the last ADD is handed in and the new
    /// one out.
    /// </summary>
    public abstract string Run(Chain chain, string verb, Pod pod, string result, Func<Call, string> run);

    /// <summary>Makes what a host has that has seen the chain before.</summary>
    public virtual void Prepare(Chain chain, Pod pod)
    {
        var result = "";
        foreach (var verb in chain.Verbs)
            result = Run(chain, verb, pod, result, call => call.Run());
    }

    /// <summary>An empty host instead of the one it has.</summary>
    public void Renew()
    {
        Host.Dispose();
        Host = new Host($"{name}{++_hosts}");
    }

    public void Dispose() => Host.Dispose();
}
