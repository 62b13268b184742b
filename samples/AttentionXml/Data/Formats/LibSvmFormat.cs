namespace AttentionXml.Data.Formats;

/// <summary>Lines <c>l1,l2 f:v f:v</c> without a header; features count from 1.</summary>
internal sealed class LibSvmFormat : CorpusFormat
{
    private readonly SparseLine _sparse = new();

    public override void Parse(CorpusLine line, int maxWords) =>
        _sparse.Parse(line, maxWords, labels: new NumberRange(0, int.MaxValue), features: new NumberRange(1, int.MaxValue));
}
