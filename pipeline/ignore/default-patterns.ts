/** What counts nowhere, whatever a workspace says: editors' and interpreters' leavings. */

/**
 * What never counts as content of a folder, in gitignore syntax: what programs leave beside the files
 * that people work on, and nothing that could be data or code. Each pattern is a name, at any depth.
 *
 * `*.tmp`, `*.bak`, `*.orig`, `4913` (which Vim makes for a moment) and environments such as `.venv`
 * are not among them: they may hold what decides a result.
 */
export const DEFAULT_PATTERNS: readonly string[] = [
  // The state of a workspace such as this one.
  '.pipeline/',
  // Python
  '__pycache__/',
  '*.pyc',
  '*.pyo',
  '.ipynb_checkpoints/',
  '.pytest_cache/',
  '.mypy_cache/',
  '.ruff_cache/',
  '.hypothesis/',
  '.virtual_documents/',
  // R
  '.Rproj.user/',
  '.Rhistory',
  // Version control; `.git` is a file in a worktree or submodule.
  '.git',
  '.hg/',
  '.svn/',
  '.bzr/',
  '.jj/',
  // Editors: swap, lock, backup and recovery files, and those that a save goes through
  '.*.sw[a-p]',
  '.sw[a-p]',
  '.*.un~',
  '*~',
  '.#*',
  '\\#*#',
  '.*.kate-swp',
  '.goutputstream-*',
  '*___jb_tmp___',
  '*___jb_old___',
  '.~*',
  '~$*',
  '.idea/',
  '.vscode/',
  '.vs/',
  // macOS
  '.DS_Store',
  '._*',
  '.AppleDouble/',
  '.LSOverride',
  '.Spotlight-V100/',
  '.Trashes/',
  '.fseventsd/',
  '.TemporaryItems/',
  '.DocumentRevisions-V100/',
  '__MACOSX/',
  // Windows
  'Thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'Desktop.ini',
  '$RECYCLE.BIN/',
  'System Volume Information/',
  // File systems, desktops and what keeps folders in step
  '.directory',
  '.Trash-*/',
  '.nfs*',
  '.fuse_hidden*',
  'lost+found/',
  '@eaDir/',
  '.watchman-cookie-*',
  '.stfolder/',
  '.stversions/',
  '.syncthing.*.tmp',
  '.dropbox.cache/',
];
