using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Counts the batches of data.</summary>
internal static class BatchCounts
{
    /// <summary>Returns the number of batches; null if it is unknown without enumeration.</summary>
    public static int? Of<TBatch>(IEnumerable<TBatch> data) => data switch
    {
        IBatchSource<TBatch> source => source.BatchCount,
        PrefetchedSource<TBatch> { Data: var ahead } => Of(ahead),
        IReadOnlyCollection<TBatch> { Count: var count } => count,
        _ when data.TryGetNonEnumeratedCount(out var known) => known,
        _ => OfLoader(data),
    };

    /// <summary>Returns the number of batches of a TorchSharp data loader, whose item type is unknown here.</summary>
    private static int? OfLoader(object data)
    {
        for (var type = data.GetType(); type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(DataLoader<,>))
            {
                return (int?)typeof(BatchCounts).GetMethod(nameof(OfLoaderOf), BindingFlags.NonPublic | BindingFlags.Static)!
                    .MakeGenericMethod(type.GetGenericArguments()).Invoke(null, [data]);
            }
        }

        return null;
    }

    /// <remarks>The loader's own count is wrong for an empty data set (1) and for a sampler of a subset (too high).</remarks>
    private static int? OfLoaderOf<TItem, TBatch>(DataLoader<TItem, TBatch> loader)
    {
        // Other samplers of TorchSharp yield every item.
        long? items = loader.sampler switch
        {
            FisherYatesShuffler shuffler => SizeOf(shuffler),
            var sampler when sampler.TryGetNonEnumeratedCount(out var sampled) => sampled,
            var sampler => sampler.GetType().Assembly == typeof(Tensor).Assembly ? loader.dataset.Count : null,
        };
        var batches = loader.drop_last ? items / loader.batch_size : (items + loader.batch_size - 1) / loader.batch_size;
        return batches <= int.MaxValue ? (int?)batches : null;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "size")]
    private static extern ref long SizeOf(FisherYatesShuffler shuffler);
}

/// <summary>Data errors shared by the loops.</summary>
internal static class BatchChecks
{
    /// <summary>Returns a batch that is not null.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="data">The name of the data, e.g. <c>training</c>.</param>
    /// <param name="index">The zero-based index of the batch.</param>
    /// <exception cref="InvalidOperationException">The batch is null.</exception>
    public static TBatch NotNull<TBatch>(TBatch batch, string data, int index) => batch is not null
        ? batch
        : throw new InvalidOperationException(
            $"Batch {index} of the {data} data is null. Skip items that cannot be loaded, or throw an exception.");

    /// <summary>Creates the exception for data without batches.</summary>
    /// <param name="data">The name of the data, e.g. <c>training</c>.</param>
    /// <param name="epoch">The epoch in which batches were requested.</param>
    public static InvalidOperationException NoBatch(string data, int epoch) => new(
        $"The {data} data returned no batches. It was enumerated in epoch {epoch}: "
            + "check that the data set is not empty and that its batches can be enumerated again for every epoch.");
}
