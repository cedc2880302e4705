namespace CniPlugins.Fuzz;

/// <summary>The property does not hold for an input.</summary>
internal sealed class ViolationException(string message) : Exception(message)
{
    /// <summary>Throws unless it holds.</summary>
    public static void Unless(bool holds, string message)
    {
        if (!holds)
            throw new ViolationException(message);
    }
}
