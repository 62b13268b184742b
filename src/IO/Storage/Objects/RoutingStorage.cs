using Fulgurite.Composition;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Fulgurite.IO;

/// <summary>A storage for URLs, such as <c>s3://bucket/run1</c>.</summary>
public interface IUrlStorage : IStorage
{
    /// <summary>Determines whether a path is a URL of this storage. Accesses no network.</summary>
    /// <param name="path">The path.</param>
    bool Handles(string path);
}

/// <summary>Selects the storage of each path: the first that handles the URL, otherwise the default.</summary>
/// <param name="fallback">The storage for all other paths, such as a <see cref="LocalStorage"/>.</param>
/// <param name="storages">The storages for URLs, in order of precedence.</param>
public sealed class RoutingStorage(IStorage fallback, params IReadOnlyList<IUrlStorage> storages) : IStorage
{
    /// <inheritdoc/>
    public long Write(string path, FileContent content, CancellationToken cancellationToken) =>
        Of(path).Write(path, content, cancellationToken);

    /// <inheritdoc/>
    public StorageReader Open(string path) => Of(path).Open(path);

    /// <inheritdoc/>
    public bool Exists(string path) => Of(path).Exists(path);

    /// <inheritdoc/>
    public void Delete(string path) => Of(path).Delete(path);

    /// <inheritdoc/>
    public void Delete(IReadOnlyCollection<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count > 0)
        {
            Of(paths.First()).Delete(paths);
        }
    }

    /// <inheritdoc/>
    public bool TryLink(string existing, string path) =>
        Of(existing) is var storage && storage == Of(path) && storage.TryLink(existing, path);

    /// <inheritdoc/>
    public IReadOnlyList<CheckpointEntry> List(string directory) => Of(directory).List(directory);

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFolders(string directory) => Of(directory).ListFolders(directory);

    /// <inheritdoc/>
    public void DeleteFolder(string directory) => Of(directory).DeleteFolder(directory);

    /// <inheritdoc/>
    public void Probe(string directory) => Of(directory).Probe(directory);

    /// <inheritdoc/>
    public IDisposable? TryClaim(string path, bool mayBeThere) => Of(path).TryClaim(path, mayBeThere);

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => Of(path).GetAvailableBytes(path);

    private IStorage Of(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return storages.FirstOrDefault(storage => storage.Handles(path)) ?? fallback;
    }
}

/// <summary>Adds storages for URLs to trainers.</summary>
public static class UrlStorageBuilderExtensions
{
    /// <summary>Adds a storage for URLs, with validated options. Applies to all trainers of the services.</summary>
    /// <typeparam name="TStorage">The class of the storage.</typeparam>
    /// <typeparam name="TOptions">The class of its options, with validation attributes.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    /// <param name="make">Creates the storage from its options and other services.</param>
    public static ITrainerBuilder AddUrlStorage<TStorage, TOptions>(
        this ITrainerBuilder builder, Action<TOptions>? configure, Func<TOptions, IServiceProvider, TStorage> make)
        where TStorage : class, IUrlStorage
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(make);
        builder.Services.AddOptions<TOptions>().Configure(configure ?? (_ => { }));
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, AnnotationValidator<TOptions>>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IUrlStorage, TStorage>(services =>
            make(services.GetRequiredService<IOptions<TOptions>>().Value, services)));
        return builder;
    }
}
