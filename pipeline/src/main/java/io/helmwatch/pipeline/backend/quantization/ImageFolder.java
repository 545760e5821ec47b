package io.helmwatch.pipeline.backend.quantization;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.inference.LetterboxedImages;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.ingest.ImageFiles;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.postprocess.LabelledBox;
import io.helmwatch.postprocess.LabelledImages;
import io.helmwatch.preprocess.ffmpeg.SwscalePreprocessor;
import io.helmwatch.resource.FailureText;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The images of a folder, decoded and letterboxed as frames are, with their labels where there are any: a folder with {@code images/} and
 * {@code labels/} (YOLO), or a folder of images, each with a text file of the same name beside it or none.
 *
 * <p>Threading: one thread. Ownership: {@link #close} frees the scaler, which parts share.
 */
public final class ImageFolder implements LetterboxedImages, AutoCloseable {
    private final Path folder;
    private final List<LabelledImages.Entry> entries;
    private final SwscalePreprocessor letterbox;
    private final String geometry;
    private @Nullable String digest;

    private ImageFolder(
            Path folder, List<LabelledImages.Entry> entries, SwscalePreprocessor letterbox, String geometry) {
        this.folder = folder;
        this.entries = List.copyOf(entries);
        this.letterbox = letterbox;
        this.geometry = geometry;
    }

    /**
     * Lists a folder.
     *
     * @param model whose letterbox is used
     * @throws IllegalArgumentException when there are no images
     */
    public static ImageFolder open(Path folder, ModelInfo model) {
        List<LabelledImages.Entry> entries;
        try {
            entries = Files.isDirectory(folder.resolve("images")) && Files.isDirectory(folder.resolve("labels"))
                    ? LabelledImages.list(folder)
                    : ImageFiles.inFolder(folder).stream()
                            .map(image -> new LabelledImages.Entry(image, beside(image)))
                            .toList();
        } catch (IngestException none) {
            throw new IllegalArgumentException(none.getMessage(), none);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(
                    "the folder " + folder + " cannot be read: " + FailureText.of(unreadable), unreadable);
        }
        return new ImageFolder(
                folder,
                entries,
                new SwscalePreprocessor(model.anchor(), model.padValue()),
                model.anchor() + " " + model.padValue());
    }

    private static Path beside(Path image) {
        String name = String.valueOf(image.getFileName());
        return image.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ".txt");
    }

    /** The images whose numbers are accepted; shares the scaler. */
    public ImageFolder part(IntPredicate chosen) {
        return new ImageFolder(
                folder,
                IntStream.range(0, entries.size())
                        .filter(chosen)
                        .mapToObj(entries::get)
                        .toList(),
                letterbox,
                geometry);
    }

    /** Whether any image has labels. */
    boolean isLabelled() {
        return entries.stream().anyMatch(entry -> Files.exists(entry.labels()));
    }

    @Override
    public int size() {
        return entries.size();
    }

    /** A digest of images, labels and letterbox. */
    @Override
    public String digest() {
        String known = digest;
        if (known == null) {
            known = computeDigest();
            digest = known;
        }
        return known;
    }

    private String computeDigest() {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(geometry.getBytes(StandardCharsets.UTF_8));
            for (LabelledImages.Entry entry : entries) {
                sha.update(sha256(entry.image()));
                if (Files.exists(entry.labels())) {
                    sha.update(sha256(entry.labels()));
                }
            }
            return HexFormat.of().formatHex(sha.digest(), 0, 16);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java runtime has SHA-256", impossible);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(folder + " cannot be read: " + FailureText.of(unreadable), unreadable);
        }
    }

    private static byte[] sha256(Path file) throws IOException, NoSuchAlgorithmException {
        return MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    }

    @Override
    public void load(int image, HostTensorBatch batch, int index) {
        letterbox(image, batch, index);
    }

    /** Writes an image into the batch; returns where it was placed. */
    Letterbox letterbox(int image, HostTensorBatch batch, int index) {
        Path file = entries.get(image).image();
        FrameSource source = FfmpegFrameSource.create(StreamConfig.of("image", file.toString()));
        SingleImage receiver = new SingleImage(batch, index);
        source.run(receiver);
        Letterbox placed = receiver.placed;
        if (placed == null) {
            throw new IllegalStateException(
                    file + " could not be decoded; repair it or remove it from the folder" + receiver.reason);
        }
        return placed;
    }

    /**
     * The labelled boxes of an image.
     *
     * @throws IllegalArgumentException for a line that is not a label; the message names file and line
     */
    List<LabelledBox> labels(int image, Letterbox placed, int classes) {
        try {
            return LabelledBox.read(entries.get(image).labels(), placed.source(), classes);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(
                    entries.get(image).labels() + " cannot be read: " + FailureText.of(unreadable), unreadable);
        }
    }

    @Override
    public void close() {
        letterbox.close();
    }

    /** Letterboxes the single frame of an image. */
    private final class SingleImage implements FrameReceiver {
        private final HostTensorBatch batch;
        private final int index;
        private @Nullable Letterbox placed;
        private String reason = "";

        SingleImage(HostTensorBatch batch, int index) {
            this.batch = batch;
            this.index = index;
        }

        @Override
        public void onFrame(FrameLease frame) {
            placed = letterbox.add(frame, batch, index);
        }

        @Override
        public void onDropped(DropCause cause) {
            reason = " (" + cause.tag() + ")";
        }

        @Override
        public void onStatus(StreamStatus status) {
            if (status.state() == StreamStatus.State.FAILED) {
                reason = " (" + status.reason() + ")";
            }
        }
    }
}
