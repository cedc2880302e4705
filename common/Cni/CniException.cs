using CniPlugins.Linux;

namespace CniPlugins.Cni;

/// <summary>The error a runtime is shown: code, one line that names the object and the cause, and details that help.</summary>
internal sealed class CniException : Exception
{
    public CniException(CniErrorCode code, string message, string details = "", Exception? cause = null)
        : base(message, cause)
    {
        Code = code;
        Details = details;
    }

    /// <summary>Code 999: what every plain error of upstream's plugins is.</summary>
    public CniException(string message, string details = "")
        : this(CniErrorCode.Internal, message, details)
    {
    }

    public CniErrorCode Code { get; }

    /// <summary>What the message has no room for: the errno's name, the kernel's own words, a hint; may be empty.</summary>
    public string Details { get; }

    /// <summary>
    /// The step that failed in front of its cause (<c>failed to set bridge addr: …</c>), as code 999, or 11 when trying again may help; the details of
    /// the cause are kept, and a hint may be added.
    /// </summary>
    public static CniException Because(string step, Exception cause, string hint = "")
    {
        var failure = From(cause);
        var code = failure.Code is CniErrorCode.TryAgainLater ? failure.Code : CniErrorCode.Internal;
        return new(code, $"{step}: {cause.Message}", Join(failure.Details, hint), cause);
    }

    /// <summary>
    /// Any exception as the error to print: its own code if it has one, code 11 for a wait that was too long and for a ruleset that others kept changing
    /// (ERESTART), else 999.
    /// </summary>
    public static CniException From(Exception e) => e switch
    {
        CniException cni => cni,
        ICodedException coded => new(coded.Code, e.Message, coded.Details, e),
        TimeoutException => new(CniErrorCode.TryAgainLater, e.Message, "the runtime will try again", e),
        IErrnoException { Errno: Errno.ERESTART } => new(CniErrorCode.TryAgainLater, e.Message, "ERESTART; somebody else kept changing the ruleset", e),
        IErrnoException { Errno: not Errno.None } failure =>
            new(CniErrorCode.Internal, e.Message, Join(failure.Errno.Name(), failure.Hint ?? ""), e),
        _ => new(CniErrorCode.Internal, e.Message, "", e),
    };

    private static string Join(string first, string second) =>
        first.Length == 0 ? second : second.Length == 0 ? first : $"{first}; {second}";
}
