import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

describe('a command', () => {
  it('may write files from heredocs, with values in them or behind them', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { title: "it's $HOME \`x\` \\\\", n: 3, note: "two\\nlines" }
stages:
  literal:
    command: |
      cat > {{ outputs.a }} <<'EOF'
      it's fine, {{ title }}
      EOF
      sort {{ inputs.x }} > {{ outputs.b }}
    inputs: { x: words.txt }
    outputs: { a: out/a, b: out/b }
  expanded:
    command: |
      name=world # {{ title }} isn't put here, {{ nothing }} "
      cat > {{ outputs.o }} <<-EOF
      	hello $name, {{ title }}: $(( {{ n }} + 1 ))
      	$(printf '%s' {{ note }} | wc -l)
      EOF
    outputs: { o: out/c }
  braces:
    command: echo {{ "{{" }}1..3},7} '{{ "{{" }}.Id{{ "}}" }}' > {{ outputs.o }}; awk 'BEGIN{{ '{{' }}print 1}}' >> {{ outputs.o }}
    outputs: { o: "out/{{ '{{' }}d" }
`,
      'words.txt': 'b\na\n',
    });
    const { code, stdout, stderr } = await workspace.run();
    expect({ code, text: stdout + stderr }).toMatchObject({ code: 0 });
    expect(workspace.read('out/a')).toBe("it's fine, it's $HOME `x` \\\n");
    expect(workspace.read('out/b')).toBe('a\nb\n');
    expect(workspace.read('out/c')).toBe("hello world, it's $HOME `x` \\: 4\n1\n");
    expect(workspace.read('out/{{d')).toBe('1 2 3 7 {{.Id}}\n1\n');
  });

  it('is refused, with its place and what to do, where a value cannot stand', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { note: "two\\nlines", end: EOF, n: "1+1" }
stages:
  a:
    command: |
      cat > {{ outputs.o }} <<EOF
      {{ note }}
      EOF
    outputs: { o: out/a }
  b:
    command: |
      echo "it's" \\
        "{{ name }}" {{ name }} > {{ outputs.o }}
    outputs: { o: out/b }
  c: { command: "echo $(( {{ n }} )) \${{ name }} > {{ outputs.o }}", outputs: { o: out/c } }
  d: { command: "echo '{{.Id}}' {{1..3},7} {{ name }} > {{ outputs.o }}", outputs: { o: out/d } }
  e: { command: "awk 'BEGIN{{print 1}}' > {{ outputs.o }}", outputs: { o: out/e } }
  f: { command: "echo 'open {{ name }} > {{ outputs.o }}", outputs: { o: out/f } }
`,
    });
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr.match(/pipeline\.yaml:\d+:\d+/g)?.map((place) => place.slice(14))).toEqual([
      '7:7',
      '13:10',
      '15:27',
      '15:39',
      '16:24',
      '16:33',
      '17:28',
      '18:29',
      '18:42',
    ]);
    expect(stderr).toContain('a value with a line break cannot stand in a heredoc: "two\\nlines"');
    expect(stderr).toContain('"{{ name }}" stands between quotes in the command of stage "b"');
    expect(stderr).toContain('only a whole number is put in, not "1+1"');
    expect(stderr).toContain('it follows a $');
    expect(stderr).toContain('".Id" is not a variable');
    expect(stderr).toContain('"{{1..3},7}" is not a variable');
    expect(stderr).toContain('(braces that are not ours: {{ "{{" }})');
    expect(stderr.match(/stands between quotes/g)).toHaveLength(1);
    expect(stderr).toContain('bash could not read line 1');
  });

  it('is refused once for a variable that is none, with what may be meant', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { rate: 0.1, n: 3 }
stages:
  a: { command: "Rscript -e 'f <- function(x) {{ zzzzzz }}' {{ output }}", outputs: { o: out/a } }
  b: { command: "echo {{ wildcards.m }} $(( {{ rate }} * 2 )) > {{ outputs.o }}", matrix: { m: [1] }, outputs: { o: "out/b{{ m }}" } }
`,
    });
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('4 mistakes found');
    expect(stderr).toMatch(
      /4:47: undefined variable "zzzzzz".*\n.*\n.*\n.*braces that are not ours: \{\{ "\{\{" \}\}/,
    );
    expect(stderr).toContain('fix: write {{ outputs.o }}');
    expect(stderr).toContain('fix: write {{ m }}: parameters and axes stand for themselves');
    expect(stderr).toContain("fix: let a program compute, as in awk -v x={{ rate }} 'BEGIN");
  });

  it('fails, and says why, where a value that is known late cannot stand', async () => {
    const workspace = makeWorkspace(
      {
        'pipeline.yaml': `version: 1
stages:
  a: { command: "echo \`cat {{ inputs.x }}\` > {{ outputs.o }}", inputs: { x: words.txt }, outputs: { o: out/a } }
  b: { command: "cat {{ inputs.x }} > {{ outputs.o }}", inputs: { x: words.txt }, outputs: { o: out/b } }
`,
        'words.txt': 'b\n',
      },
      undefined,
      'a folder',
    );
    const { code, stdout, stderr } = await workspace.run(['--keep-going']);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('a value cannot be put into the command: in backticks only');
    expect(workspace.read('out/b')).toBe('b\n');
  });

  it('ends a heredoc by its own line alone', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { end: EOF }
stages:
  a:
    command: |
      cat > {{ outputs.o }} <<'EOF'
      {{ end }}
      rm -rf everything
      EOF
    outputs: { o: out/a }
`,
    });
    const { code, stdout, stderr } = await workspace.run();
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('it makes the line "EOF", which ends the heredoc');
  });
});
