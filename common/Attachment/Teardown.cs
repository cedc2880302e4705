using System.Diagnostics.CodeAnalysis;
using CniPlugins.Cni;

namespace CniPlugins.Attachment;

/// <summary>How DEL and GC go on: every step is tried, and what failed is reported together at the end.</summary>
internal sealed class Teardown
{
    private readonly List<CniException> _failures = [];

    /// <summary>Tries a step and says whether it went well; its failure waits for <see cref="ThrowIfFailed"/>.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Collected, and thrown at the end.")]
    public bool Try(Action step)
    {
        try
        {
            step();
            return true;
        }
        catch (Exception e)
        {
            _failures.Add(CniException.From(e));
            return false;
        }
    }

    /// <summary>Opens what later steps need; null when it is not there, or could not be opened, which is one more failure.</summary>
    public T? TryOpen<T>(Func<T?> open)
        where T : class
    {
        T? opened = null;
        Try(() => opened = open());
        return opened;
    }

    /// <summary>Throws one failure as itself, several as one error that lists them.</summary>
    public void ThrowIfFailed()
    {
        if (_failures.Count == 1)
            throw _failures[0];
        if (_failures.Count > 1)
        {
            throw new CniException(
                string.Join("; ", _failures.Select(failure => failure.Message)),
                string.Join("; ", _failures.Select(failure => failure.Details).Where(details => details.Length > 0)));
        }
    }
}
