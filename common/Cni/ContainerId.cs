namespace CniPlugins.Cni;

/// <summary>A container ID or network name that can safely be part of a path: a letter or digit, then also <c>_ . -</c> (spec section 2).</summary>
internal sealed record ContainerId
{
    private ContainerId(string value) => Value = value;

    public string Value { get; }

    public static ContainerId Parse(string text) =>
        IsSafe(text) ? new ContainerId(text) : throw new CniException(CniErrorCode.InvalidEnvironment, "invalid characters in containerID", text);

    /// <summary>Upstream's expression <c>^[a-zA-Z0-9][a-zA-Z0-9_.\-]*$</c>, of the whole text.</summary>
    public static bool IsSafe(ReadOnlySpan<char> text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0])
        && text.IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") < 0;

    public override string ToString() => Value;
}
