using System.Collections.Concurrent;

namespace Fulgurite.Tests.Core.Data;

/// <summary>Sources of numbers, and what they give.</summary>
internal static class SampleSources
{
    public static DataSource<Tensor> Numbers(int count, DataSourceOptions options) =>
        DataSource.From(
            Dataset.Of(Enumerable.Range(0, count).Select(number => (float)number).ToList()), items => tensor([.. items]), options);

    public static DataSource<Tensor> Tracked(
        ConcurrentBag<Tensor> tensors, int count, DataSourceOptions options, Func<long, long>? load = null) =>
        DataSource.From(
            Dataset.Create(count, arguments =>
            {
                var item = tensor((float)(load ?? (index => index))(arguments.Index));
                tensors.Add(item);
                return item;
            }),
            items =>
            {
                var batch = stack(items);
                tensors.Add(batch);
                return batch;
            },
            options);

    public static List<string> Read(IEnumerable<Tensor> batches)
    {
        using var scope = NewDisposeScope();
        return [.. batches.Select(batch => string.Join(',', batch.data<float>().ToArray()))];
    }
}
