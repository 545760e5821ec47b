package io.helmwatch.postprocess.tracking;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A rendered clip of 25 frames a second: what the shipped n model finds in it, recorded, and the renderer's truth. */
public enum RenderedClip {
    /** The demonstration clip, with which the tracker was developed. */
    YARD(625),
    /** Once held out; a clip of development since the tracker was changed because of it. */
    RAMP(650);

    /** Heads that are hidden more than this are neither asked for nor counted as wrong. */
    private static final double SEEN = 0.4;

    private static final Pattern HEAD =
            Pattern.compile("\\{\"id\":(\\d+),\"label\":\"(\\w+)\",\"box\":\\[([\\d.,]+)],\"visible\":([\\d.]+)}");

    /**
     * One frame.
     *
     * @param shown what was detected
     * @param heads the heads that can be seen
     * @param hidden the heads that are mostly hidden
     */
    public record Frame(FrameDetections shown, List<IdentityF1.Box> heads, List<IdentityF1.Box> hidden) {}

    private final int count;

    RenderedClip(int count) {
        this.count = count;
    }

    /** Every n-th of the clip's 25 frames per second. */
    public List<Frame> frames(int everyNth) throws IOException {
        List<List<Detection>> detections = detections();
        List<String> truth = Files.readAllLines(
                Path.of(System.getProperty("helmwatch.home"), "models", "demo-clip", title() + "-truth.jsonl"));
        List<Frame> frames = new ArrayList<>();
        for (int i = 0; i < count; i += everyNth) {
            List<IdentityF1.Box> heads = new ArrayList<>();
            List<IdentityF1.Box> hidden = new ArrayList<>();
            Matcher head = HEAD.matcher(truth.get(i));
            while (head.find()) {
                IdentityF1.Box box = new IdentityF1.Box(
                        Integer.parseInt(head.group(1)), box(head.group(3).split(",", -1)));
                (Double.parseDouble(head.group(4)) >= SEEN ? heads : hidden).add(box);
            }
            frames.add(new Frame(
                    new FrameDetections(
                            title(),
                            0,
                            i,
                            i * 40_000_000L,
                            i * 40L,
                            new ImageSize(1280, 720),
                            new ModelIdentity("helmet-yolov5n", "3.0.0", "fp32", "cpu"),
                            detections.get(i)),
                    heads,
                    hidden));
        }
        return frames;
    }

    /** Name of the clip's files. */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    private List<List<Detection>> detections() throws IOException {
        List<List<Detection>> frames = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            frames.add(new ArrayList<>());
        }
        InputStream file =
                Objects.requireNonNull(RenderedClip.class.getResourceAsStream("/" + title() + "-detections.csv"));
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8))) {
            lines.readLine();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split(",", -1);
                String[] corners = {fields[3], fields[4], fields[5], fields[6]};
                frames.get(Integer.parseInt(fields[0]))
                        .add(new Detection(fields[1], Float.parseFloat(fields[2]), box(corners)));
            }
        }
        return frames;
    }

    private static BoundingBox box(String[] corners) {
        return new BoundingBox(
                Float.parseFloat(corners[0]),
                Float.parseFloat(corners[1]),
                Float.parseFloat(corners[2]),
                Float.parseFloat(corners[3]));
    }
}
