using AttentionXml.Data;
using AttentionXml.Tree;
using TorchSharp;
using static TorchSharp.torch;

namespace AttentionXml.Model;

/// <summary>
/// Word vectors from the training documents (latent semantic analysis): a truncated singular value decomposition, by subspace iteration, of
/// the matrix of documents and their words and labels, weighted by inverse document frequency. Words that occur with the same words and
/// labels begin with similar vectors.
/// </summary>
internal static class WordVectors
{
    // More iterations and columns than the accuracy of an initial value needs.
    private const int Iterations = 8, Oversampling = 8;

    /// <summary>Computes the vectors, which depend on the random numbers of libtorch.</summary>
    /// <param name="documents">The training documents.</param>
    /// <param name="vocabulary">The words and labels.</param>
    /// <param name="width">The number of components of a vector.</param>
    /// <returns>Float32, words x width: rows of length 1; zeros for padding, the unknown word, and words without documents.</returns>
    public static Tensor Create(Documents documents, Vocabulary vocabulary, int width)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var words = vocabulary.Words.Count;
        var matrix = Matrix(documents, words, vocabulary.Labels.Count);
        var transposed = matrix.t();
        var rank = (int)Math.Min(width + Oversampling, matrix.shape.Min());
        var basis = randn(matrix.shape[1], rank);
        for (var i = 0; i < Iterations; i++)
        {
            basis = linalg.qr(transposed.matmul(matrix.matmul(basis))).Q;
        }

        // The eigenvalues are the squares of the singular values, smallest first. Their fourth root balances frequent and rare topics.
        var image = matrix.matmul(basis);
        var (squares, rotation) = linalg.eigh(image.t().matmul(image));
        using Scalar none = 0, power = 0.25;
        var vectors = basis.narrow(0, 0, words).matmul(rotation) * squares.clamp(min: none).pow(power);
        vectors = nn.functional.normalize(vectors.flip(1).narrow(1, 0, Math.Min(width, rank)), 2.0, 1);
        var result = zeros(words, width);
        result.narrow(1, 0, vectors.shape[1]).copy_(vectors);
        result.narrow(0, 0, Vocabulary.FirstWord).zero_();
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Returns documents x (words, then labels); the words of a document have length 1 together, and so have its labels.</summary>
    private static Tensor Matrix(Documents documents, int words, int labels)
    {
        var corpus = documents.Corpus;
        var ofWord = InverseFrequencies.Of(documents, words, document => corpus.Words[document]);
        ofWord[Vocabulary.Unknown] = 0;
        var ofLabel = InverseFrequencies.Of(documents, labels, document => corpus.Labels[document]);
        var (rows, columns, values) = (new List<long>(), new List<long>(), new List<float>());
        for (var row = 0; row < documents.Count; row++)
        {
            Add(row, corpus.Words[documents.Indices[row]], ofWord, 0);
            Add(row, corpus.Labels[documents.Indices[row]], ofLabel, words);
        }

        var places = stack([tensor(rows.ToArray()), tensor(columns.ToArray())]);
        return sparse_coo_tensor(places, tensor(values.ToArray()), [documents.Count, words + labels]);

        void Add(int row, ReadOnlySpan<int> items, float[] weights, int firstColumn)
        {
            var norm = 0.0;
            foreach (var item in items)
            {
                norm += weights[item] * weights[item];
            }

            foreach (var item in items)
            {
                if (weights[item] > 0)
                {
                    rows.Add(row);
                    columns.Add(firstColumn + item);
                    values.Add((float)(weights[item] / Math.Sqrt(norm)));
                }
            }
        }
    }
}
