namespace Fulgurite.IO;

/// <summary>Options of <see cref="S3Storage"/>. Credentials are found by the AWS SDK and are not options.</summary>
public sealed class S3StorageOptions : ObjectStorageOptions
{
    /// <summary>Gets or sets the URL of an S3-compatible service, such as <c>https://minio.example:9000</c>.</summary>
    /// <value>The default is null, for Amazon S3 or the endpoint in <c>AWS_ENDPOINT_URL_S3</c>.</value>
    public string? ServiceUrl { get; set; }

    /// <summary>Gets or sets the region, such as <c>eu-central-1</c>.</summary>
    /// <value>The default is null, for the region of the environment, the profile or the instance.</value>
    public string? Region { get; set; }

    /// <summary>Gets or sets a value indicating whether the bucket is part of the path of requests instead of the host name.</summary>
    /// <value>The default is false. Most S3-compatible services need true.</value>
    public bool ForcePathStyle { get; set; }
}
