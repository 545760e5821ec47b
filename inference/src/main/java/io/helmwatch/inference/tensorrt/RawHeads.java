package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.ModelConfig;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.OnnxFile;
import io.helmwatch.inference.OnnxGraph;
import io.helmwatch.inference.YoloV5Network;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.TensorProbe;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.vision.HostTensorBatch;
import io.helmwatch.vision.PredictionLayout;
import io.helmwatch.vision.TensorShape;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Cuts a network that decodes its boxes where the last convolutions' logits are, so that boxes are decoded for candidates only: no sigmoid and
 * no arithmetic on the rows that a threshold drops.
 *
 * <p>Anchors are not assumed: the whole network is run once on noise, they follow from its boxes and logits, and every row must come out as it
 * decodes it ({@code (2 s(x) - 0.5 + column) * stride}, {@code (2 s(w))^2 * anchor}, {@code s} the sigmoid).
 */
public final class RawHeads {

    private static final int ANCHORS_PER_CELL = 3;
    private static final double PIXELS = 0.05;
    private static final double PROBABILITY = 1e-3;

    private RawHeads() {}

    /** A head's logits {@code [N, 3 * (5 + classes), rows, columns]}, as its convolution gives them. */
    private record Found(TensorProbe.Values logits, int stride, int rows, int columns, int elements) {

        int cells() {
            return rows * columns;
        }

        float logit(int anchor, int element, int cell) {
            return logits.floats().get((anchor * elements + element) * cells() + cell);
        }
    }

    /**
     * Writes the cut network, unless it is there.
     *
     * @param model the ONNX file
     * @param config labels and letterbox where they are not the model's own
     * @param folder where to
     * @return its file, or the model itself where it has raw heads already
     * @throws ModelException when the network decodes its boxes in another way
     */
    public static Path of(Path model, ModelConfig config, Path folder) {
        OnnxFile file = OnnxFile.read(model);
        Path target = folder.resolve(EngineCache.readable(TensorRtEngine.stem(model)) + "-"
                + file.sha256().substring(0, 16) + ".raw.onnx");
        if (Files.isRegularFile(target)) {
            return target;
        }
        YoloV5Network network = understood(file, model, config);
        if (network.layout().kind() != PredictionLayout.Kind.DECODED) {
            return model;
        }
        OnnxGraph graph = OnnxGraph.read(model);
        graph.widen();
        List<String> candidates =
                graph.tail().last().stream().map(node -> node.outputs().get(0)).toList();
        String decoded = network.outputs().get(0).name();
        TensorShape shape = network.inputShape();
        List<String> tensors = new ArrayList<>(candidates);
        tensors.add(decoded);
        OnnxGraph probed = OnnxGraph.read(model);
        probed.widen();
        try (TensorProbe probe = TensorProbe.open(probed, "model " + model, tensors, shape)) {
            fill(probe.input());
            probe.run(values -> {});
            Map<String, TensorProbe.Values> values = probe.values();
            List<Found> heads = heads(values, candidates, network);
            FloatBuffer rows = floats(values, decoded, model);
            StringBuilder anchors = new StringBuilder();
            int first = 0;
            for (Found head : heads) {
                anchors.append(anchors.isEmpty() ? "[" : ", ").append(anchorsOf(head, rows, first, model));
                first += ANCHORS_PER_CELL * head.cells();
            }
            if (heads.size() < 2 || first != network.layout().anchors()) {
                throw differs(model, heads.size() + " heads of " + first + " rows were found");
            }
            cut(graph, heads, network);
            graph.metadata().put("anchors", anchors.append(']').toString());
        }
        graph.metadata().putIfAbsent("model_name", TensorRtEngine.stem(model));
        graph.metadata().putIfAbsent("model_version", file.sha256().substring(0, 12));
        try {
            EngineCache.replace(target, graph.toBytes());
        } catch (IOException e) {
            throw new ModelException(
                    "model " + model + ": its network with raw heads cannot be kept in " + folder + ": "
                            + e.getMessage(),
                    e);
        }
        return target;
    }

    private static YoloV5Network understood(OnnxFile file, Path model, ModelConfig config) {
        if (!YoloV5Network.hasOpenOutputs(file)) {
            return YoloV5Network.of(file, config);
        }
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(
                model, config, new WorkerPlan(1, Runtime.getRuntime().availableProcessors(), "one run"))) {
            return engine.network();
        }
    }

    private static ModelException differs(Path model, String how) {
        return new ModelException("model " + model + ": expected boxes decoded as YOLOv5 does, found something else ("
                + how + "): raw heads cannot be cut out of it, use graph 'decoded'");
    }

    private static void fill(HostTensorBatch input) {
        Random random = new Random(1);
        FloatBuffer samples = input.buffer().asFloatBuffer();
        float value = 0.5f;
        for (int i = 0; i < samples.capacity(); i++) {
            if (i % 16 == 0) {
                value = random.nextFloat();
            }
            samples.put(i, value);
        }
    }

    private static FloatBuffer floats(Map<String, TensorProbe.Values> values, String name, Path model) {
        TensorProbe.Values found = values.get(name);
        if (found == null) {
            throw differs(model, "no output " + name);
        }
        return found.floats();
    }

    private static List<Found> heads(
            Map<String, TensorProbe.Values> values, List<String> candidates, YoloV5Network network) {
        int height = network.inputShape().height();
        int width = network.inputShape().width();
        int elements = network.layout().rowElements();
        List<Found> heads = new ArrayList<>();
        for (String name : candidates) {
            TensorProbe.Values logits = values.get(name);
            List<Long> shape = logits == null ? List.of() : logits.shape();
            if (logits == null || shape.size() != 4 || shape.get(1) != ANCHORS_PER_CELL * elements) {
                continue;
            }
            int rows = Math.toIntExact(shape.get(2));
            int columns = Math.toIntExact(shape.get(3));
            int stride = height / rows;
            if (stride * rows == height && stride * columns == width) {
                heads.add(new Found(logits, stride, rows, columns, elements));
            }
        }
        heads.sort(Comparator.comparingInt(Found::stride));
        return heads;
    }

    /** Width and height of the three anchors; refuses what is decoded otherwise. */
    private static String anchorsOf(Found head, FloatBuffer rows, int firstRow, Path model) {
        List<Float> sizes = new ArrayList<>();
        int row = 0;
        for (int anchor = 0; anchor < ANCHORS_PER_CELL; anchor++) {
            float[] size = new float[2];
            for (int cell = 0; cell < head.cells(); cell++, row++) {
                int decoded = (firstRow + row) * head.elements();
                for (int i = 0; i < head.elements(); i++) {
                    double s = 1 / (1 + Math.exp(-head.logit(anchor, i, cell)));
                    double found = rows.get(decoded + i);
                    double expected = s;
                    if (i < 2) {
                        int place = i == 0 ? cell % head.columns() : cell / head.columns();
                        expected = (2 * s - 0.5 + place) * head.stride();
                    } else if (i < 4) {
                        double scale = 4 * s * s;
                        if (size[i - 2] == 0) {
                            size[i - 2] = rounded(found / scale);
                        }
                        expected = scale * size[i - 2];
                    }
                    if (!(Math.abs(found - expected) <= (i < 4 ? PIXELS : PROBABILITY))) {
                        throw differs(
                                model,
                                "row " + (firstRow + row) + " column " + i + " is " + found + ", not " + expected);
                    }
                }
            }
            sizes.add(size[0]);
            sizes.add(size[1]);
        }
        return sizes.toString();
    }

    /** To a thousandth of a pixel: anchors are short numbers, and a float's noise is left out. */
    private static float rounded(double size) {
        return (float) (Math.rint(size * 1000) / 1000);
    }

    private static void cut(OnnxGraph graph, List<Found> heads, YoloV5Network network) {
        long batch = network.dynamicBatch() ? -1 : network.inputShape().batch();
        graph.removeOutputs();
        for (Found head : heads) {
            graph.addOutput(
                    head.logits().name(), batch, ANCHORS_PER_CELL * head.elements(), head.rows(), head.columns());
        }
        graph.removeUnused();
    }
}
