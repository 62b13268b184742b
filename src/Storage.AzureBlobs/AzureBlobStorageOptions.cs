namespace Fulgurite.IO;

/// <summary>Options of <see cref="AzureBlobStorage"/>. Credentials are found by the Azure SDK and are not options.</summary>
public sealed class AzureBlobStorageOptions : ObjectStorageOptions
{
}
