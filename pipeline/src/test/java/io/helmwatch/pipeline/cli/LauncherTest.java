package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launcher of an installation, with a Java that prints its arguments. */
@Timeout(30)
class LauncherTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));

    @TempDir
    Path folder;

    private Path java;

    /** What a start printed, and its exit code. */
    private record Start(String output, int exitCode) {
        List<String> arguments() {
            return output.lines().toList();
        }
    }

    @BeforeEach
    void install() throws IOException {
        // Where the machine's and the container's memory are read.
        String launcher = Files.readString(HOME.resolve("helmwatch"))
                .replace("/proc/meminfo", folder.resolve("meminfo").toString())
                .replace("/sys/fs/cgroup", folder.resolve("cgroup").toString());
        executable(folder.resolve("helmwatch"), launcher);
        java = folder.resolve("jdk");
        Files.createDirectories(java.resolve("bin"));
        executable(java.resolve("bin/java"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        javaVersion("17.0.12");
        Files.createDirectories(folder.resolve("cgroup/memory"));
        machine(16_384);
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void javaVersion(String version) throws IOException {
        Files.writeString(java.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    }

    private void machine(long mebibytes) throws IOException {
        Files.writeString(folder.resolve("meminfo"), "MemTotal:       " + (mebibytes << 10) + " kB\nMemFree: 7 kB\n");
    }

    private Start start(String before) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", before + " exec ./helmwatch run -c site.yaml")
                .directory(folder.toFile())
                .redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", java.toString());
        builder.environment().put("HOME", folder.toString());
        builder.environment().keySet().removeIf(name -> name.startsWith("HELMWATCH_") || name.startsWith("XDG_"));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return new Start(output, process.exitValue());
    }

    @ParameterizedTest
    @CsvSource({
        // machine (MiB), container (v2), container (v1); -Xms, -Xmx, direct (MiB)
        "16384, , , 384, 2048, 2730",
        "2048, , , 256, 256, 341",
        "1024, , , 192, 192, 256",
        "131072, , , 384, 4096, 8192",
        // The container's memory, where it is less than the machine's.
        "16384, 8589934592, , 384, 1024, 1365",
        "16384, 536870912, , 192, 192, 256",
        "16384, , 4294967296, 384, 512, 682",
        "4096, 17179869184, , 384, 512, 682",
        // No limit, in the words of both versions.
        "16384, max, 9223372036854771712, 384, 2048, 2730",
    })
    void shouldTakeTheHeapFromTheMemoryOfTheMachineOrContainer(
            long machine, String container, String older, int least, int most, int direct) throws Exception {
        machine(machine);
        if (container != null) {
            Files.writeString(folder.resolve("cgroup/memory.max"), container + "\n");
        }
        if (older != null) {
            Files.writeString(folder.resolve("cgroup/memory/memory.limit_in_bytes"), older + "\n");
        }
        Start start = start("");
        assertThat(start.exitCode()).as(start.output()).isZero();
        assertThat(start.arguments())
                .contains("-Xms" + least + "m", "-Xmx" + most + "m", "-XX:MaxDirectMemorySize=" + direct + "m")
                .endsWith("io.helmwatch.pipeline.cli.Main", "run", "-c", "site.yaml");
    }

    @Test
    void shouldLetTheUserSetTheHeap() throws Exception {
        List<String> arguments =
                start("export HELMWATCH_JAVA_OPTS='-Xmx1g -Dx=y';").arguments();
        assertThat(arguments.indexOf("-Xmx1g")).isGreaterThan(arguments.indexOf("-Xmx2048m"));
        assertThat(arguments).contains("-Dx=y");
    }

    @Test
    void shouldSayHowToAllowMoreOpenFiles() throws Exception {
        Start start = start("ulimit -n 64;");
        assertThat(start.exitCode()).isEqualTo(1);
        assertThat(start.output())
                .startsWith("helmwatch: ")
                .contains("64 open files", "at least 256", "ulimit -n 4096", "LimitNOFILE")
                .hasLineCount(1);
        assertThat(start("ulimit -n 256;").exitCode()).isZero();
    }

    @Test
    void shouldSayWhichJavaIsMissing() throws Exception {
        javaVersion("11.0.2");
        assertThat(start("").output()).startsWith("helmwatch: ").contains("Java 11", "17 or newer");
        Start start = start("export JAVA_HOME=/nowhere;");
        assertThat(start.exitCode()).isEqualTo(1);
        assertThat(start.output()).contains("/nowhere", "no bin/java", "unset it");
    }

    @Test
    void shouldRefuseAnUnknownFormatOfTheLog() throws Exception {
        Start start = start("export HELMWATCH_LOG_FORMAT=xml;");
        assertThat(start.exitCode()).isEqualTo(1);
        assertThat(start.output()).contains("HELMWATCH_LOG_FORMAT is xml", "text or json");
    }

    @Test
    void shouldRefuseAFolderWithAColon() throws Exception {
        Start start = start("mkdir a:b; cp helmwatch a:b; cd a:b;");
        assertThat(start.exitCode()).isEqualTo(1);
        assertThat(start.output())
                .startsWith("helmwatch: ")
                .contains("/a:b has a colon")
                .hasLineCount(1);
    }

    /** Without one, Java cannot open paths that are not ASCII. */
    @Test
    void shouldSetALocaleWhereThereIsNone() throws Exception {
        executable(java.resolve("bin/java"), "#!/bin/sh\necho \"locale $LC_ALL telemetry $ORT_DISABLE_TELEMETRY\"\n");
        assertThat(start("unset LC_ALL LC_CTYPE LANG;").output()).isEqualTo("locale C.UTF-8 telemetry 1\n");
    }
}
