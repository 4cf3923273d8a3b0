/** The images that go along with the next message: picked, dropped or pasted. */
import { byId, element, setText } from './element.js';

const TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];
/** As much as the bridge takes by default, with some room for the rest of the request. */
const MAX_BYTES = 20 * 1024 * 1024;

/** @returns the images as `{name, type, data}`, data in base64, and `clear()` */
export function startImages() {
  const form = byId('chat-form');
  const input = byId('images');
  const list = byId('picked');
  const note = byId('images-note');
  const hint = note.textContent;
  let images = [];

  const show = () => {
    list.hidden = images.length === 0;
    list.replaceChildren(
      ...images.map((image) => {
        const remove = element('button', ['×'], { type: 'button', 'aria-label': `Leave out ${image.name}` });
        remove.addEventListener('click', () => {
          images = images.filter((other) => other !== image);
          show();
          input.focus();
        });
        return element('li', [toThumbnail(image), remove]);
      }),
    );
  };
  const add = async (files) => {
    setText(note, hint);
    for (const file of files) {
      if (!TYPES.includes(file.type)) setText(note, `${file.name} is no PNG, JPEG, WebP or GIF.`);
      else if (file.size > MAX_BYTES) setText(note, `${file.name} is larger than 20 MB.`);
      else images = [...images, { name: file.name || 'image', type: file.type, data: await toBase64(file) }];
    }
    show();
  };
  input.addEventListener('change', () => {
    void add([...input.files]);
    input.value = '';
  });
  form.addEventListener('paste', ({ clipboardData }) => void add(imagesIn(clipboardData)));
  form.addEventListener('dragover', (event) => {
    event.preventDefault();
    form.classList.add('dropping');
  });
  form.addEventListener('dragleave', () => form.classList.remove('dropping'));
  form.addEventListener('drop', (event) => {
    event.preventDefault();
    form.classList.remove('dropping');
    void add([...event.dataTransfer.files]);
  });
  return {
    get all() {
      return images;
    },
    clear() {
      images = [];
      show();
    },
  };
}

export function toThumbnail({ name, type, data }) {
  return element('img', [], { class: 'thumbnail', src: `data:${type};base64,${data}`, alt: name });
}

/** Text that is pasted goes into the field. */
function imagesIn(clipboard) {
  return [...clipboard.files].filter(({ type }) => type.startsWith('image/'));
}

function toBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
