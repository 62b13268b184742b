namespace Fulgurite.Tests.Callbacks.ModelSummaries;

[TestClass]
public sealed class ModelSummaryTests
{
    [TestMethod]
    public void ToString_AllLevels_IsATable()
    {
        using var module = new NormModule();
        foreach (var parameter in module.Head.parameters())
        {
            parameter.requires_grad = false;
        }

        Assert.AreEqual(
            """
            name            type         parameters   size  mode    shapes
            backbone        Sequential           30  120 B  train
            backbone.first  Linear               20   80 B  train   weight[5, 3] bias[5]
            backbone.norm   BatchNorm1d          10   40 B  train   weight[5] bias[5]
            backbone.drop   Dropout               0    0 B  train
            head            Linear                6   24 B  frozen  weight[1, 5] bias[1]
            36 parameters, 30 trained and 6 frozen, 144 B
            """.ReplaceLineEndings("\n"),
            string.Join('\n', ModuleTable.Of(module, -1).ToString().Split('\n').Select(line => line.TrimEnd())));
    }

    [TestMethod]
    [DataRow(0, 0)]
    [DataRow(1, 2)]
    [DataRow(2, 5)]
    public void Of_Depth_LimitsTheLevels(int depth, int parts)
    {
        using var module = new NormModule();

        var table = ModuleTable.Of(module, depth);

        Assert.HasCount(parts, table.Parts);
        Assert.AreEqual(36, table.Parameters);
        Assert.AreEqual(36, table.TrainableParameters);
        Assert.AreEqual(144, table.ByteLength);
    }

    [TestMethod]
    public void Of_SharedParameter_CountsItOnce()
    {
        using var layer = nn.Linear(4, 4);
        using var both = nn.Sequential(("one", layer), ("two", layer));

        var table = ModuleTable.Of(both);

        Assert.HasCount(2, table.Parts);
        Assert.AreEqual(20, table.Parameters);
    }

    [TestMethod]
    public void Fit_Begins_ShowsTheTableInTheLogOrTheWriter()
    {
        var log = new CollectingLogger<ModelSummary>();
        using var writer = new StringWriter { NewLine = "\n" };
        var written = new ModelSummary(writer, new ModelSummaryOptions { MaxDepth = 0 });
        using var module = new NormModule();

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxSteps = 1 },
            [new ModelSummary(logger: log), written]).Fit(module, new NumberedData(1));

        Assert.ContainsSingle(log.Messages);
        Assert.StartsWith("NormModule\nname      type        parameters", log.Messages[0]);
        Assert.AreEqual("36 parameters, 36 trained and 0 frozen, 144 B\n", writer.ToString());
        Assert.AreEqual(36, written.Table?.Parameters);
    }

    [TestMethod]
    public void AddCallback_Configured_IsMadeWithItsOptions()
    {
        using var trainer = Trainer.Create(builder => builder
            .AddStrategy(new SingleDeviceStrategy(new HeldCheckpointIO()))
            .AddCallback<ModelSummary>(options => options.MaxDepth = -1));

        Assert.AreEqual(-1, trainer.Callbacks.OfType<ModelSummary>().Single().Options.MaxDepth);
    }
}
