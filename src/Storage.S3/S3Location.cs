namespace Fulgurite.IO;

/// <summary>The bucket and key of a URL.</summary>
internal readonly record struct S3Location(string Bucket, string Key)
{
    public const string Scheme = "s3://";

    /// <summary>Splits <c>s3://bucket/key</c>; the key is used as it is written.</summary>
    public static S3Location Of(string path)
    {
        var rest = path.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? path[Scheme.Length..] : string.Empty;
        var slash = rest.IndexOf('/');
        var bucket = slash < 0 ? rest : rest[..slash];
        return bucket.Length > 0
            ? new S3Location(bucket, slash < 0 ? string.Empty : rest[(slash + 1)..])
            : throw new CheckpointException($"'{path}' contains no bucket. Use s3://bucket/folder.", path);
    }
}
