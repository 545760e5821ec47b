package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.pipeline.cli.option.Installation;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands with which a camera and its rules are set up: snapshot, drawings, rules against the model, the spool. */
@Timeout(120)
class SetupCommandsTest {
    private static final Path CLIP = Installation.home().resolve("models/demo-clip/yard.mp4");

    @TempDir
    Path folder;

    private Path yaml(String incidents) throws IOException {
        return Files.writeString(
                folder.resolve("site.yaml"),
                "backend: cpu\nhttp: {enabled: false}\n" + incidents + "streams:\n  - id: gate\n    url: " + CLIP
                        + "\n    zones: [{name: pit, polygon: [[0.25, 0.25], [0.75, 0.25], [0.75, 0.95], [0.25, 0.95]]}]\n"
                        + "    masks: [{polygon: [[0.8, 0.8], [1, 0.8], [1, 1], [0.8, 1]]}]\n"
                        + "    rules: [{name: bare, kind: no-helmet, zones: [pit]}]\n");
    }

    @Test
    void shouldDrawZonesMasksAndGridOnOneFrameOfAStreamWithoutASink() throws Exception {
        Path drawn = folder.resolve("out/gate.jpg");
        Path plain = folder.resolve("plain.jpg");

        CommandRun run = CommandRun.of("snapshot", "gate", "-c", yaml(""), "-o", drawn);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().strip()).isEqualTo(drawn.toString());
        assertThat(CommandRun.of("detect", "--draw", folder.resolve("frames"), CLIP.resolveSibling("nosuch.mp4"))
                        .code())
                .isEqualTo(1);
        assertThat(CommandRun.of("snapshot", CLIP, "-o", plain).code()).isZero();
        BufferedImage image = ImageIO.read(drawn.toFile());
        BufferedImage without = ImageIO.read(plain.toFile());
        assertThat(image.getWidth()).isEqualTo(1280);
        assertThat(image.getHeight()).isEqualTo(720);
        // The zone's left edge is yellow: no blue.
        assertThat(image.getRGB(320, 400) & 0xff).isLessThan(140);
        assertThat(image.getRGB(320, 400) >> 16 & 0xff).isGreaterThan(180);
        assertThat(without.getRGB(320, 400)).isNotEqualTo(image.getRGB(320, 400));
        // The mask is dimmed.
        assertThat(brightness(image, 1200, 660)).isLessThan(0.5 * brightness(without, 1200, 660));
        // The grid is in both.
        assertThat(brightness(without, 640, 5)).isGreaterThan(100);
    }

    private static double brightness(BufferedImage image, int x, int y) {
        int rgb = image.getRGB(x, y);
        return ((rgb >> 16 & 0xff) + (rgb >> 8 & 0xff) + (rgb & 0xff)) / 3.0;
    }

    @Test
    void shouldSayWhyThereIsNoSnapshot() throws Exception {
        Path output = folder.resolve("none.jpg");

        CommandRun unknown = CommandRun.of("snapshot", "gate-9", "-c", yaml(""), "-o", output);
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("gate-9", "[gate]");

        CommandRun missing = CommandRun.of("snapshot", folder.resolve("nosuch.mp4"), "-o", output);
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err()).contains("nosuch.mp4");
        assertThat(output).doesNotExist();
    }

    @Test
    void shouldDrawEveryFrameOfImages() throws Exception {
        Path source = folder.resolve("a b.png");
        ImageIO.write(new BufferedImage(320, 240, BufferedImage.TYPE_INT_RGB), "png", source.toFile());

        CommandRun run = CommandRun.of("detect", "--draw", folder.resolve("frames"), source);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(ImageIO.read(folder.resolve("frames/a_b.png-0.jpg").toFile()).getWidth())
                .isEqualTo(320);
    }

    @ParameterizedTest
    @ValueSource(strings = {"validate", "run", "doctor", "replay"})
    void shouldRefuseRulesThatCanNeverFireWithBothLists(String command) throws Exception {
        Path yaml = yaml("json-lines: {target: '-'}\nincidents: {helmet-labels: [hat], bare-head-labels: [person]}\n");
        List<Object> arguments =
                command.equals("replay") ? List.of(command, "-c", yaml, CLIP) : List.of(command, "-c", yaml);

        CommandRun run = CommandRun.of(arguments.toArray());

        assertThat(run.code()).isEqualTo(command.equals("doctor") ? 1 : 2);
        assertThat(run.out() + run.err())
                .contains("gate/bare", "can never fire", "[hat]", "[person]", "[helmet, head]");
    }

    @Test
    void shouldSayOfAWrongNumberOfLabelsNothingElse() throws Exception {
        Path yaml = yaml(
                "json-lines: {target: '-'}\nmodel: {labels: [helmet, head, vest]}\ninference: {precision: auto}\n");

        CommandRun run = CommandRun.of("run", "-c", yaml);

        assertThat(run.code()).isNotZero();
        assertThat(run.err())
                .contains("expected 2 labels", "found 3")
                .doesNotContain("one size only", "INT8 cannot be loaded");
    }

    @Test
    void shouldReplayWithoutASink() throws Exception {
        Path still = folder.resolve("still.png");
        ImageIO.write(new BufferedImage(320, 240, BufferedImage.TYPE_INT_RGB), "png", still.toFile());

        CommandRun run = CommandRun.of("replay", "-c", yaml(""), still);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).startsWith("{\"incidents\":0,\"messages\":0,");
        assertThat(CommandRun.of("validate", "-c", yaml("")).err()).contains("no sink");
    }

    @Test
    void shouldDrawAReplayAsAClipOfTheAnalysedFramesAndPrintTheSame() throws Exception {
        Path drawn = folder.resolve("drawn.mp4");
        Path yaml = yaml("");
        Files.writeString(yaml, Files.readString(yaml).replace("url:", "analyze-fps: 1\n    url:"));

        CommandRun plain = CommandRun.of("replay", "-c", yaml, CLIP);
        CommandRun run = CommandRun.of("replay", "-c", yaml, "--draw", drawn, CLIP);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).isEqualTo(plain.out()).contains("\"phase\":\"start\"");
        CommandRun again = CommandRun.of("detect", drawn);
        assertThat(again.code()).as(again.err()).isZero();
        assertThat(again.out().lines())
                .hasSize(25)
                .allSatisfy(line -> assertThat(line).contains("\"width\":1280,\"height\":720"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"drawn.avi", "no-such-folder/drawn.mp4"})
    void shouldRefuseToDrawAReplayWhereItCannotBeWritten(String name) throws Exception {
        CommandRun run = CommandRun.of("replay", "-c", yaml(""), "--draw", folder.resolve(name), CLIP);

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("--draw", name, ".mp4", "folder that exists");
    }

    @Test
    void shouldWorkOnASpoolWithoutASinkAndRefuseUnknownIds() throws Exception {
        Path yaml = yaml("incidents: {spool: {directory: " + folder.resolve("spool") + "}}\n");

        CommandRun list = CommandRun.of("spool", "list", "-c", yaml);
        assertThat(list.code()).as(list.err()).isZero();
        assertThat(list.err()).contains("0 waiting, 0 dead letters, 0 damaged files");
        assertThat(folder.resolve("spool")).doesNotExist();

        assertThat(CommandRun.of("spool", "repair", "-c", yaml).err()).contains("0 messages salvaged");
        CommandRun resend = CommandRun.of("spool", "resend", "-c", yaml, "gate/1/bare/1/0");
        assertThat(resend.code()).isEqualTo(1);
        assertThat(resend.err()).contains("0 dead letters returned", "not among the dead letters");
    }
}
