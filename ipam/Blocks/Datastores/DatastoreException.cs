using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Datastores;

/// <summary>Why a datastore did not do as it was told.</summary>
internal enum DatastoreFailure
{
    /// <summary>Create: there is an object under this key.</summary>
    AlreadyExists,

    /// <summary>Update, delete: somebody else was faster; read again.</summary>
    RevisionConflict,

    /// <summary>Update, delete: it is gone.</summary>
    NotFound,

    /// <summary>Not reached, not answering in time, or not able at the moment: trying again may help.</summary>
    Unavailable,

    /// <summary>Reached, and it says no (credentials, permissions, read-only, out of space): trying again does not help by itself.</summary>
    Refused,

    /// <summary>What is stored under the key cannot be read.</summary>
    Corrupt,
}

/// <summary>A datastore's failure.</summary>
internal sealed class DatastoreException(DatastoreFailure failure, string message, Exception? cause = null, string details = "")
    : Exception(message, cause), ICodedException
{
    public DatastoreFailure Failure { get; } = failure;

    public CniErrorCode Code => Failure is DatastoreFailure.Unavailable or DatastoreFailure.RevisionConflict ? CniErrorCode.TryAgainLater
        : Failure == DatastoreFailure.Corrupt ? CniErrorCode.DecodingFailure
        : CniErrorCode.Internal;

    public string Details { get; } = details;

    public static DatastoreException AlreadyExists(Key key) => new(DatastoreFailure.AlreadyExists, $"{key} exists already");

    public static DatastoreException Conflict(Key key) => new(DatastoreFailure.RevisionConflict, $"{key} was changed by somebody else at the same time");

    public static DatastoreException NotFound(Key key) => new(DatastoreFailure.NotFound, $"{key} does not exist");

    public static DatastoreException Corrupt(Key key, string why) => new(DatastoreFailure.Corrupt, $"{key} in the datastore cannot be read: {why}",
        details: "it was left as it is: repair or delete it");
}
