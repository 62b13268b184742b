using System.Globalization;
using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Model;
using AttentionXml.Tree;
using Fulgurite.Callbacks;
using Fulgurite.Tests.IO;
using Fulgurite.Tests.Samples.AttentionXml.Run;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class PythonTests
{
    [TestMethod]
    public void LastCheckpoint_ReadByPythonsTorch_ScoresLikeTheModelThatWasSaved()
    {
        using var folder = new TemporaryFolder();
        TinyDataset.Write(folder);
        var data = TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", new CorpusLimits { MinLabelFrequency = 5 }, 50);
        using var module = new AttentionXmlModule(
            data.Vocabulary, new NetworkSizes { Embedding = 8, Hidden = 6, Mlp = 5 }, learningRate: 0.01);
        var trainer = new Trainer(
            new SingleDeviceStrategy(new AsyncCheckpointIO(new TorchCheckpointIO())),
            new TrainerOptions { MaxEpochs = 2, ValidationInterval = 5 },
            [
                new ModelCheckpoint(
                    new ModelCheckpointOptions
                    {
                        DirPath = folder.Path,
                        Monitor = AttentionXmlModule.Ndcg5,
                        Mode = MonitorMode.Max,
                        SaveLast = true,
                    }),
            ]);
        var result = trainer.Fit(
            module,
            new TrainingBatches(data.Train, TreeLevel.Flat(data.Vocabulary.Labels.Count), 16, seed: 1),
            new EvaluationBatches(data.Validation, TreeLevel.Flat(data.Vocabulary.Labels.Count), 16));

        var python = PythonInterop.Run("score.py", folder.File("last.ckpt"), "2", "5", "3", "4").Split('\n');

        using var scope = NewDisposeScope();
        module.eval();
        var batch = new TextBatch(tensor(new long[] { 2, 5, 3, 4 }, 1, 4), tensor(Array.Empty<long>()), default, data.Train.Corpus);
        var here = module.Score(batch).data<float>().ToArray();
        Assert.AreEqual(result.GlobalStep, long.Parse(python[0], CultureInfo.InvariantCulture));
        Assert.HasCount(here.Length + 1, python);
        for (var label = 0; label < here.Length; label++)
        {
            Assert.AreEqual(float.Parse(python[label + 1], CultureInfo.InvariantCulture), here[label], 1e-4f);
        }
    }
}
