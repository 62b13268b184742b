using Amazon.S3;
using Fulgurite.Composition;
using Fulgurite.IO;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite;

/// <summary>Adds S3 to trainers.</summary>
public static class S3StorageExtensions
{
    /// <summary>
    /// Stores checkpoints whose path starts with <c>s3://</c> in Amazon S3 or a compatible service. Applies to all trainers of the
    /// services. A registered <see cref="IAmazonS3"/> is used as the client.
    /// </summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddS3Storage(this ITrainerBuilder builder, Action<S3StorageOptions>? configure = null) =>
        builder.AddUrlStorage(configure, (options, services) => new S3Storage(options, services.GetService<IAmazonS3>()));
}
