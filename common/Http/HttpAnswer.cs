namespace CniPlugins.Http;

/// <summary>What a server answered: the status code and the whole body.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Body">All of it.</param>
/// <param name="RetryAfter">When to ask again, if the server says so in seconds.</param>
internal readonly record struct HttpAnswer(int Status, byte[] Body, TimeSpan? RetryAfter = null);

/// <summary>What came of one of several requests: an answer, or why there is none.</summary>
internal readonly record struct HttpOutcome(HttpAnswer Answer, HttpFailure? Failure = null);
