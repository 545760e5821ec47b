package io.helmwatch.sinks.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.incident.ClipConfig;
import io.helmwatch.sinks.ClipJson;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.sinks.SchemaFiles;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClipStoreTest {
    private static final Clock NOW = Clock.fixed(Instant.ofEpochMilli(Incidents.NOON + 60_000), ZoneOffset.UTC);
    private static final String NAME = "gate-3/2026-11-20/120002.240-no-helmet-in-pit-1";

    @TempDir
    Path folder;

    private ClipConfig config(long maxBytes, String urlPrefix) {
        ClipConfig usual = ClipConfig.DEFAULT;
        return new ClipConfig(
                true,
                folder.resolve("clips"),
                usual.preRoll(),
                usual.postRoll(),
                usual.maxLength(),
                usual.buffer(),
                usual.bufferBytes(),
                Duration.ofDays(1),
                maxBytes,
                urlPrefix);
    }

    /** A header with a time scale of 1,000 ticks a second, and nothing else. */
    private static ByteBuffer header() {
        ByteBuffer header = ByteBuffer.allocate(40);
        header.putInt(40).put("moov".getBytes(StandardCharsets.US_ASCII));
        header.putInt(32).put("mdhd".getBytes(StandardCharsets.US_ASCII));
        return header.putInt(0).putInt(0).putInt(0).putInt(1_000).clear();
    }

    private static Incident incident(int number) {
        return Incidents.bareHead("gate-3", number, 0, Incident.Phase.START);
    }

    private static ClipJson.Description description(Incident incident, String video) {
        return new ClipJson.Description(
                incident, video, Incidents.NOON - 5_000, Incidents.NOON + 5_000, true, 0, new ImageSize(1920, 1080));
    }

    private static List<ClipJson.Frame> frames() {
        BoundingBox box = new BoundingBox(812.44f, 233, 871.9f, 301.25f);
        return List.of(
                new ClipJson.Frame(0.04, List.of(new ClipJson.Box(box, "head", "bare", 0.91f, 17))),
                new ClipJson.Frame(1.0 / 3, List.of(new ClipJson.Box(box, "helmet", "helmet", 0.8f, 0))));
    }

    private static Incident.Clip store(ClipStore store, Incident incident) throws IOException {
        try (ClipStore.Draft draft = store.begin(incident, header())) {
            for (int i = 0; i < 3_000; i++) {
                draft.append(ByteBuffer.allocate(16), i * 0.1, 0.1, i % 10 == 0);
            }
            return draft.finish(description(incident, draft.name()), frames());
        }
    }

    @Test
    void shouldStoreBesideFoldersThatOnlyRootMayRead() throws IOException {
        Path lostAndFound = folder.resolve("clips/lost+found");
        Files.createDirectories(lostAndFound);
        Files.setPosixFilePermissions(lostAndFound, PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(lostAndFound), "root reads every folder");
        ClipStore store = new ClipStore(config(1L << 30, null), NOW);
        assertThatCode(store::deletePartial).doesNotThrowAnyException();
        store(store, incident(1));
        assertThat(store.stored()).isEqualTo(1);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile)
                    .map(file -> folder.resolve("clips").relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void shouldStoreVideoAndSidecarForTheirOwnerOnlyAndDescribeThemInTheMessage() throws IOException {
        ClipStore store = new ClipStore(config(1 << 30, "https://evidence.example/"), NOW);

        Incident.Clip clip = store(store, incident(1));

        assertThat(files()).containsExactly(NAME + ".json", NAME + ".mp4");
        Path video = folder.resolve("clips").resolve(NAME + ".mp4");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(video)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(video.getParent())))
                .isEqualTo("rwx------");
        assertThat(clip.path()).isEqualTo("https://evidence.example/" + NAME + ".mp4");
        assertThat(clip.bytes()).isEqualTo(Files.size(video));
        assertThat(clip.sha256()).isEqualTo(EvidenceFolder.sha256(Files.readAllBytes(video)));
        String sidecar = Files.readString(folder.resolve("clips").resolve(NAME + ".json"));
        assertThat(clip.sidecar().sha256()).isEqualTo(EvidenceFolder.sha256(sidecar.getBytes(StandardCharsets.UTF_8)));
        assertThat(SchemaFiles.clip().complaints(sidecar)).isEmpty();
        assertThat(sidecar)
                .contains("\"video\":\"120002.240-no-helmet-in-pit-1.mp4\"", "{\"t\":0.333333,\"boxes\":[{\"box\":");
        Incident.Phase end = Incident.Phase.END;
        Incident evidence = Incidents.bareHead("gate-3", 1, 2, end).evidence(clip);
        String message = new String(IncidentJson.incident(evidence, Incidents.NOON), StandardCharsets.UTF_8);
        assertThat(SchemaFiles.events().complaints(message)).isEmpty();
        JsonNode json = new ObjectMapper().readTree(message);
        assertThat(json.path("id").textValue()).endsWith("/1/3");
        assertThat(json.path("phase").textValue()).isEqualTo("evidence");
        assertThat(json.path("endReason").textValue()).isEqualTo("compliance");
        assertThat(json.path("clip").path("from").textValue()).isEqualTo("2026-11-20T11:59:55.000Z");
        assertThat(store.stored()).isEqualTo(1);
    }

    /** In this order a process that dies leaves no file that nobody copies. */
    @Test
    void shouldAnnounceBothFilesBeforeTheyGetTheirNamesAndNameTheCopyInTheMessage() throws IOException {
        List<String> seen = new ArrayList<>();
        EvidenceCopies copies = new EvidenceCopies() {
            @Override
            public Announcement announce(List<NewFile> files) {
                files.forEach(file -> seen.add(file.path() + " " + Files.exists(stored(file.path()))));
                return new Announcement() {
                    @Override
                    public void confirm() {
                        files.forEach(file -> seen.add(file.path() + " " + isAsAnnounced(file)));
                    }

                    @Override
                    public void close() {
                        seen.add("closed");
                    }
                };
            }

            @Override
            public String url(String path) {
                return "s3://evidence/clips/" + path;
            }
        };
        Incident.Clip clip = store(new ClipStore(config(1 << 30, null), copies, NOW), incident(1));

        assertThat(seen)
                .containsExactly(
                        NAME + ".mp4 false", NAME + ".json false", NAME + ".mp4 true", NAME + ".json true", "closed");
        assertThat(clip.path()).isEqualTo(NAME + ".mp4");
        assertThat(clip.url()).isEqualTo("s3://evidence/clips/" + NAME + ".mp4");
        assertThat(clip.sidecar().url()).isEqualTo("s3://evidence/clips/" + NAME + ".json");
    }

    private Path stored(String path) {
        return folder.resolve("clips").resolve(path);
    }

    private boolean isAsAnnounced(EvidenceCopies.NewFile file) {
        try {
            return EvidenceFolder.sha256(stored(file.path())).equals(file.sha256())
                    && Files.size(stored(file.path())) == file.bytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sizes and durations of 300 groups, joined to what fits, add up to the file and its length. */
    @Test
    void shouldWriteAnIndexOfAllGroupsInFrontOfThem() throws IOException {
        store(new ClipStore(config(1 << 30, null), NOW), incident(1));

        ByteBuffer file =
                ByteBuffer.wrap(Files.readAllBytes(folder.resolve("clips").resolve(NAME + ".mp4")));
        int index = 40;
        int length = file.getInt(index);
        byte[] type = new byte[4];
        file.get(index + 4, type);
        assertThat(new String(type, StandardCharsets.US_ASCII)).isEqualTo("sidx");
        assertThat(file.getInt(index + 16)).as("time scale").isEqualTo(1_000);
        long skipped = file.getLong(index + 28);
        int entries = file.getShort(index + 38);
        assertThat(entries).isEqualTo(150);
        long bytes = 0;
        long ticks = 0;
        for (int i = 0; i < entries; i++) {
            bytes += file.getInt(index + 40 + 12 * i);
            ticks += file.getInt(index + 44 + 12 * i);
        }
        assertThat(index + length + skipped + bytes).isEqualTo(file.capacity());
        assertThat(bytes).isEqualTo(3_000 * 16);
        assertThat(ticks).isEqualTo(300_000);
    }

    @Test
    void shouldLeaveNothingOfAClipThatIsNotFinished() throws IOException {
        ClipStore store = new ClipStore(config(1 << 30, null), NOW);
        try (ClipStore.Draft draft = store.begin(incident(1), header())) {
            draft.append(ByteBuffer.allocate(16), 0, 0.1, true);
            assertThat(files()).containsExactly(NAME + ".mp4.part");
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void shouldDeleteWhatAKilledProcessLeftAndNothingElse() throws IOException {
        ClipStore store = new ClipStore(config(1 << 30, null), NOW);
        store(store, incident(1));
        Path left = Files.writeString(folder.resolve("clips/gate-3/2026-11-20/x.mp4.part"), "half");

        store.deletePartial();
        new ClipStore(config(1 << 30, null).withDirectory(folder.resolve("nowhere")), NOW).deletePartial();

        assertThat(left).doesNotExist();
        assertThat(files()).hasSize(2);
    }

    @Test
    void shouldDeleteTheOldestClipsBeyondTheirSizeAndAge() throws IOException {
        ClipStore store = new ClipStore(config(120_000, null), NOW);
        for (int i = 1; i <= 2; i++) {
            store(store, incident(i));
            for (String ending : List.of(".mp4", ".json")) {
                Path file = folder.resolve("clips").resolve(NAME.replaceAll("1$", i + ending));
                Files.setLastModifiedTime(file, FileTime.fromMillis(NOW.millis() - (i == 1 ? 90_000_000 : 1_000)));
            }
        }
        assertThat(files()).hasSize(4);

        ClipStore restarted = new ClipStore(config(120_000, null), NOW);
        store(restarted, incident(3));
        assertThat(files()).noneMatch(file -> file.contains("-pit-1.")).hasSize(4);

        store(restarted, incident(4));
        assertThat(files())
                .noneMatch(file -> file.contains("-pit-2.mp4"))
                .anyMatch(file -> file.contains("-pit-4.mp4"));
    }

    @Test
    void shouldDeleteTheFolderOfADayWithItsLastClip() throws IOException {
        Path last = folder.resolve("clips/gate-3/2026-10-01/120002.240-no-helmet-in-pit-9.mp4");
        Files.createDirectories(last.getParent());
        Files.writeString(last, "video");
        Files.setLastModifiedTime(last, FileTime.fromMillis(NOW.millis() - 90_000_000));
        store(new ClipStore(config(1 << 30, null), NOW), incident(1));
        assertThat(last.getParent()).doesNotExist();
        assertThat(files()).hasSize(2);
    }

    @Test
    void shouldCountClipsThatCannotBeStored() throws IOException {
        Files.writeString(folder.resolve("clips"), "a file");
        ClipStore store = new ClipStore(config(1 << 30, null), NOW);
        try {
            store(store, incident(1));
        } catch (IOException e) {
            store.fail(e);
        }
        assertThat(store.failed()).isEqualTo(1);
        assertThat(store.stored()).isZero();
    }
}
