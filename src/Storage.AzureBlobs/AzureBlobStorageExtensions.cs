using Azure.Storage.Blobs;
using Fulgurite.Composition;
using Fulgurite.IO;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite;

/// <summary>Adds Azure Blob Storage to trainers.</summary>
public static class AzureBlobStorageExtensions
{
    /// <summary>
    /// Stores checkpoints whose path is a URL such as <c>https://account.blob.core.windows.net/container/run1</c> in
    /// Azure Blob Storage. Applies to all trainers of the services. A registered <see cref="BlobServiceClient"/> is used as the client.
    /// </summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddAzureBlobStorage(this ITrainerBuilder builder, Action<AzureBlobStorageOptions>? configure = null) =>
        builder.AddUrlStorage(configure, (options, services) => new AzureBlobStorage(options, services.GetService<BlobServiceClient>()));
}
