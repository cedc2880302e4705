using System.Diagnostics.CodeAnalysis;
using CniPlugins.Linux;

namespace CniPlugins.Attachment;

/// <summary>What ADD has to take back if it fails: declared after the sockets it uses, committed as ADD's last statement.</summary>
internal sealed class Undo : IDisposable
{
    private readonly Stack<Action> _releases = [];

    /// <summary>Acquires something and remembers how to release it, in one expression; a failed acquisition leaves nothing to release.</summary>
    public T Guard<T>(T acquired, Action<T> release)
    {
        _releases.Push(() => release(acquired));
        return acquired;
    }

    /// <summary>The ADD has succeeded: everything stays.</summary>
    public void Commit() => _releases.Clear();

    /// <summary>Releases in reverse order what was not committed; a failure of that goes to stderr and never hides the first.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The first failure is on its way; this one must not replace it.")]
    public void Dispose()
    {
        while (_releases.TryPop(out var release))
        {
            try
            {
                release();
            }
            catch (Exception e)
            {
                StandardError.WriteLine($"while undoing a failed ADD: {e.Message}");
            }
        }
    }
}
