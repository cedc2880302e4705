namespace CniPlugins.Linux;

/// <summary>A moment that an <see cref="EventLoop"/> waits for.</summary>
internal sealed class LoopTimer(Action due)
{
    public Action Due { get; private set; } = due;

    public bool IsCancelled { get; private set; }

    /// <summary>Nothing will be called; whoever would have been is not held until then.</summary>
    public void Cancel()
    {
        IsCancelled = true;
        Due = static () => { };
    }
}
